"""Everything that `gridform explain` lists can be explained, and what it cannot is refused.

usage: check_explain.py GRIDFORM
"""
import os
import re
import subprocess
import sys

# A slow build takes one attribute in so many.
SAMPLE = int(os.environ.get("GRIDFORM_TEST_SAMPLE", "1"))


def run(*words):
    done = subprocess.run([sys.argv[1], *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def expect(what, holds):
    if not holds:
        sys.exit(f"check_explain: {what}")


def check_topic(name, summary):
    code, out, err = run("explain", name)
    expect(f"{name}: exit {code}: {err}", code == 0 and err == "")
    expect(f"{name}: its summary is missing", summary.rstrip(".") in " ".join(out.split()))
    attrs = re.findall(r"^  ([a-z][a-z0-9_.]*)$", out, re.M)
    for attr in attrs[::SAMPLE]:
        code, out, err = run("explain", f"{name}.{attr}")
        expect(f"{name}.{attr}: exit {code}", code == 0 and out.startswith(f"{name}.{attr}\n"))
        expect(f"{name}.{attr}: no keeper", "    Kept by " in out)
    return len(attrs)


def check_listed():
    code, out, _ = run("explain")
    expect("the list: exit", code == 0)
    topics = re.findall(r"^  (\S+) +(\S.*)$", out, re.M)
    rules = [t for t in topics if t[0].startswith("GF")]
    kinds = [t for t in topics if not t[0].startswith("GF")]
    expect("thirteen rules and thirteen kinds are there", len(rules) >= 13 and len(kinds) >= 13)
    for name, summary in rules:
        expect(f"{name} has attributes", check_topic(name, summary) == 0)
    for name, summary in kinds:
        expect(f"{name} has no attributes", check_topic(name, summary) > 0)


def check_words():
    cases = [  # words, exit, what it says
        (["GF007"], 0, "ECC is off where the driver needs it off"),
        (["gf007"], 0, "GF007 (error)"),
        (["GF004"], 0, "stops nothing"),
        (["blueprints"], 0, "blueprint, under blueprints:"),
        (["blueprint.machine.instances"], 0, "from 1 to 100; default 1"),
        (["blueprint.machine.clone"], 0, "blueprint.machine.clone.customization"),
        (["pool.maintenance.timeout"], 0, "default 30m"),
        (["host.ecc"], 0, "Readable only while the GPU driver runs"),
        (["GF999"], 1, "nothing is known about GF999"),
        (["blueprnt"], 1, "Did you mean blueprint?"),
        (["blueprint.machine.cpuu"], 1, "Did you mean blueprint.machine.cpu?"),
        (["blueprint."], 1, "has no attribute"),
        ([""], 1, "nothing is known"),
        (["GF001", "GF002"], 1, "unexpected argument GF002"),
    ]
    for words, wanted, says in cases:
        code, out, err = run("explain", *words)
        expect(f"{words}: exit {code}, {out}{err}", code == wanted)
        expect(f"{words}: {out}{err}", says in (out if wanted == 0 else err))


check_listed()
check_words()
