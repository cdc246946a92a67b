"""PyYAML judges `gridform fmt`: it reads the same in every file before and after, comments
included, and a second pass changes nothing. Then the command itself: in place, --check, --diff,
standard input, and files that cannot be read or written.

usage: check_fmt.py GRIDFORM SOURCE_DIRECTORY
"""
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tempfile

import yaml

SOURCE = pathlib.Path(sys.argv[2])
UGLY = b"a:\r\n- b: {c: 1}   # one\n\n\n- d\n"
NEAT = b"a:\n  - b: { c: 1 }  # one\n\n  - d\n"


def fail(message):
    sys.exit(f"check_fmt: {message}")


def expect(what, holds):
    if not holds:
        fail(what)


def run(*words, cwd=None, text=b"", user=None):
    done = subprocess.run([PROGRAM, "fmt", *map(str, words)], capture_output=True, cwd=cwd,
                          input=text, timeout=60, user=user)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


# ---- the same meaning ------------------------------------------------------------------------


def events(text):
    """What is in the file, without places."""
    seen = []
    for event in yaml.parse(text, yaml.SafeLoader):
        facts = {k: v for k, v in vars(event).items() if not k.endswith("_mark")}
        if "flow_style" in facts:  # None for a list in the column of its key
            facts["flow_style"] = bool(facts["flow_style"])
        seen.append((type(event).__name__, facts))
    return seen


def comments(text):
    """The comments of a file: what stands between its tokens and is no blank."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    found, at = [], 0
    for token in yaml.scan(text, yaml.SafeLoader):
        found += words(text[at:token.start_mark.index])
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            found += words(text[token.start_mark.index:].split("\n")[0].lstrip("|>+-0123456789"))
        at = max(at, token.end_mark.index)
    return found


def words(gap):
    return [line[line.index("#"):].rstrip(" \t") for line in gap.split("\n") if "#" in line]


def judge_one(name, text, once):
    before, after = text.decode("utf-8-sig"), once.decode()
    expect(f"{name}: PyYAML reads something else", events(before) == events(after))
    expect(f"{name}: comments differ", comments(before) == comments(after))
    expect(f"{name}: blanks or lines too many", after == "" or "|" in after or ">" in after or
           not any(bad in after for bad in (" \n", "\n\n\n", "\r", "\t")))


def identity(path):
    """What writing a file or putting another in its place changes, and reading does not."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def judge(texts):
    """texts: name -> bytes. Returns how many gridform laid out; the others it left alone."""
    with tempfile.TemporaryDirectory() as place:
        paths = {name: pathlib.Path(place, f"{i:04}.yaml") for i, name in enumerate(texts)}
        for name, text in texts.items():
            paths[name].write_bytes(text)
        code, _, err = run(cwd=place)
        expect(f"exit {code}: {err}", code in (0, 1) and "would change" not in err)
        good = [name for name, path in paths.items() if f"{path.name}:" not in err]
        for name, text in texts.items():
            if name in good:
                judge_one(name, text, paths[name].read_bytes())
            else:
                expect(f"{name}: was touched", paths[name].read_bytes() == text)
        expect("a second pass changes a file", run(cwd=place)[1] == b"")
        return len(good)


def judge_tree():
    files = [p for p in SOURCE.glob("examples/**/*.yaml")]
    files += [p for p in SOURCE.glob("tests/**/*.yaml")]
    files += [p for p in SOURCE.glob("tests/fuzz/corpus/*/*") if p.parts[-2] in ("config", "format")]
    good = judge({path: path.read_bytes() for path in files})
    expect(f"only {good} of {len(files)} files were laid out", good > 80 and len(files) > 150)


def made(random_, depth):
    kind = random_.randrange(4 if depth > 0 else 2)
    if kind == 0:
        return random_.choice(["x", "16 GiB", "", "yes", "a: b", "# no", "l\nm\n", "  z\n", "\u4e2d"])
    if kind == 1:
        return random_.choice([1, 2.5, None, True])
    if kind == 2:
        return [made(random_, depth - 1) for _ in range(random_.randrange(4))]
    return {f"key{i}": made(random_, depth - 1) for i in range(random_.randrange(4))}


def judge_generated():
    """Files that PyYAML wrote, in its own layouts, with comments strewn between lines."""
    random_ = random.Random(7)
    texts, strewn = {}, {}
    for number in range(200):
        text = yaml.safe_dump({"a": made(random_, 4), "b": made(random_, 4)},
                              indent=random_.choice([2, 3, 5]), width=random_.choice([20, 80]),
                              default_flow_style=random_.choice([True, False, None]),
                              allow_unicode=True)
        texts[f"generated {number}"] = text.encode()
        lines = text.split("\n")
        for _ in range(3):
            lines.insert(random_.randrange(len(lines)), " " * random_.randrange(6) + "# c 'x")
        strewn[f"strewn {number}"] = "\n".join(lines).encode()
    expect("a generated file was refused", judge(texts) == len(texts))
    expect("too few strewn files can be read", judge(strewn) > len(strewn) / 2)


# ---- the command -----------------------------------------------------------------------------


def check_in_place(work):
    (work / "a.yaml").write_bytes(UGLY)
    (work / "b.yaml").write_bytes(NEAT)
    (work / "c.txt").write_bytes(UGLY)
    os.chmod(work / "a.yaml", 0o640)
    before = identity(work / "b.yaml")
    expect("--check", run("--check", cwd=work) == (2, b"a.yaml\n", ""))
    expect("--check with -C", run("--check", "-C", work)[1] == f"{work}/a.yaml\n".encode())
    code, out, _ = run("--diff", cwd=work)
    expect("--diff", code == 0 and out.startswith(b"--- a.yaml\n+++ a.yaml\n@@ -1,5 +1,4 @@\n"))
    expect("--check --diff", run("--check", "--diff", cwd=work)[:2] == (2, out))
    expect("--check or --diff wrote", (work / "a.yaml").read_bytes() == UGLY)
    check_patch(work, out)
    expect("in place", run(cwd=work) == (0, b"a.yaml\n", ""))
    expect("what is written", (work / "a.yaml").read_bytes() == NEAT)
    expect("the mode", stat.S_IMODE((work / "a.yaml").stat().st_mode) == 0o640)
    expect("a neat file was touched", identity(work / "b.yaml") == before)
    expect("another file was touched", (work / "c.txt").read_bytes() == UGLY)
    expect("again", run(cwd=work) == (0, b"", ""))
    expect("check after", run("--check", cwd=work) == (0, b"", ""))
    expect("files are left", sorted(os.listdir(work)) == ["a.yaml", "b.yaml", "c.txt"])


def check_patch(work, diff):
    """The difference is one that patch takes."""
    copy = work / "patched"
    copy.mkdir()
    (copy / "a.yaml").write_bytes(UGLY)
    if shutil.which("patch"):
        subprocess.run(["patch", "--binary", "-s", "-p0"], cwd=copy, input=diff, check=True,
                       timeout=60)
        expect("patched", (copy / "a.yaml").read_bytes() == NEAT)
    shutil.rmtree(copy)


def check_stdin():
    expect("-", run("-", text=UGLY) == (0, NEAT, ""))
    expect("- --check", run("-", "--check", text=UGLY) == (2, b"<stdin>\n", ""))
    expect("- --check, neat", run("--check", "-", text=NEAT) == (0, b"", ""))
    expect("- --diff", run("-", "--diff", text=UGLY)[1].startswith(b"--- <stdin>\n"))
    code, out, err = run("-", text=b"a: [1\nb: 2\n")
    expect("- broken", code == 1 and out == b"" and err.startswith("<stdin>:2:2: error: "))
    code, _, err = run("-", "x.yaml")
    expect("- and a file", code == 1 and "goes with no other file" in err)


def check_broken(work):
    (work / "a.yaml").write_bytes(b"a: 1\n  b: {\n")
    (work / "b.yaml").write_bytes(UGLY)
    code, out, err = run(cwd=work)
    expect("a broken file", code == 1 and "a.yaml:2:4: error: " in err and "   2 |   b: {" in err)
    expect("the others go on", out == b"b.yaml\n" and (work / "b.yaml").read_bytes() == NEAT)
    expect("it is left", (work / "a.yaml").read_bytes() == b"a: 1\n  b: {\n")
    code, _, err = run(work / "none.yaml")
    expect("no such file", code == 1 and "none.yaml: No such file" in err)
    code, _, err = run(work)
    expect("a directory", code == 1 and "is not a regular file" in err)
    empty = work / "empty"
    empty.mkdir()
    code, _, err = run("-C", empty)
    expect("no files", code == 1 and "holds no *.yaml file" in err)


def check_links(work):
    (work / "real").mkdir()
    (work / "real" / "x.yaml").write_bytes(UGLY)
    (work / "link.yaml").symlink_to("real/x.yaml")
    expect("a link", run(cwd=work) == (0, b"link.yaml\n", ""))
    expect("it stays one", (work / "link.yaml").is_symlink())
    expect("what it means", (work / "real" / "x.yaml").read_bytes() == NEAT)
    expect("beside it", os.listdir(work / "real") == ["x.yaml"])


def check_read_only(work):
    """As somebody who is not root, whom modes do not stop."""
    user = 65534 if os.geteuid() == 0 else None
    for name in ("directory", "file", "unreadable"):
        (work / name).mkdir()
        (work / name / "x.yaml").write_bytes(UGLY)
        if user is not None:
            os.chown(work / name, user, user)
            os.chown(work / name / "x.yaml", user, user)
    os.chmod(work / "directory", 0o555)
    os.chmod(work / "file" / "x.yaml", 0o444)
    os.chmod(work / "unreadable" / "x.yaml", 0o000)
    for name, wanted, why in (("directory", 8, "cannot be written: Permission denied"),
                              ("file", 8, "cannot be written: Permission denied"),
                              ("unreadable", 1, "x.yaml: Permission denied")):
        code, out, err = run(cwd=work / name, user=user)
        expect(f"{name}: exit {code} {err}", code == wanted and out == b"" and why in err)
        os.chmod(work / name, 0o755)
        os.chmod(work / name / "x.yaml", 0o644)
        expect(f"{name}: changed", (work / name / "x.yaml").read_bytes() == UGLY)
        expect(f"{name}: left over", os.listdir(work / name) == ["x.yaml"])
    os.chmod(work / "directory", 0o555)
    expect("--check needs no right to write", run("--check", cwd=work / "directory", user=user)[0] == 2)
    os.chmod(work / "directory", 0o755)


def check_ours(work):
    """What this tree shows and what init writes is neat."""
    code, out, err = run("--check", "-C", SOURCE / "examples" / "tensorflow")
    expect(f"the example: {out} {err}", code == 0)
    subprocess.run([PROGRAM, "init", "-C", work], check=True, capture_output=True, timeout=60)
    expect("what init writes", run("--check", "-C", work)[0] == 0)


with tempfile.TemporaryDirectory() as directory:
    os.chmod(directory, 0o755)
    PROGRAM = shutil.copy(sys.argv[1], directory)  # where anybody may run it
    for check in (check_in_place, check_broken, check_links, check_read_only, check_ours):
        place = pathlib.Path(directory) / check.__name__
        place.mkdir(mode=0o755)
        check(place)
    check_stdin()
    judge_tree()
    judge_generated()
