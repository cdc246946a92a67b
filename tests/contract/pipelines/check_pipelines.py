"""The ready-made pipelines do what they say: the commands of their jobs, taken from the files,
run in order in clones of a repository against the simulated cloud; the comment is kept in place
at a stand-in for each forge's API; the hook refuses what it should.

usage: check_pipelines.py GRIDFORM LAB SOURCE_DIRECTORY
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import yaml

GRIDFORM, LAB, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
PIPELINES = SOURCE / "examples/pipelines"
SECRETS = {"VSPHERE_PASSWORD": "lab-vsphere-secret", "ESXI_PASSWORD": "lab-esxi-secret",
           "VRA_PASSWORD": "lab-vra-secret", "GUEST_PASSWORD": "lab-guest-secret"}


def fail(message):
    sys.exit(f"check_pipelines: {message}")


def expect(what, holds):
    if not holds:
        fail(what)


def run(script, directory, env, wanted=0):
    done = subprocess.run(["sh", "-e", "-c", script], cwd=directory, env=env, text=True,
                          capture_output=True, timeout=300)
    if done.returncode != wanted:
        fail(f"exit {done.returncode}, wanted {wanted}:\n{script}\n{done.stdout}{done.stderr}")
    return done.stdout


# ---- the lab -----------------------------------------------------------------------------------

class Lab:
    def __init__(self, work):
        self.directory = work / "lab"
        self.directory.mkdir()
        self.process = subprocess.Popen(
            [LAB, "--world", SOURCE / "tests/lab/reference.yaml", "--dir", self.directory,
             "--speed", "60000"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        control = self.directory / "control"
        until = time.monotonic() + 60
        while not (control.exists() and control.read_text()):
            expect("the lab does not start", time.monotonic() < until
                   and self.process.poll() is None)
            time.sleep(0.02)
        self.control = "http://" + control.read_text().strip()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def merged(base, patch):
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged(base[key], value)
        else:
            base[key] = value
    return base


# ---- a stand-in for the API of both forges -------------------------------------------------------

class Forge(http.server.BaseHTTPRequestHandler):
    comments, calls = [], []

    def answer(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self):
        kind = type(self)
        url = urllib.parse.urlparse(self.path)
        kind.calls.append((self.command, url.path))
        if "token-of-the-bot" not in (self.headers.get("Authorization") or
                                      self.headers.get("PRIVATE-TOKEN") or ""):
            self.send_error(401)
            return
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size))["body"] if size else None
        if self.command == "GET":
            page = int(urllib.parse.parse_qs(url.query)["page"][0])
            self.answer(kind.comments[(page - 1) * 100:page * 100])
        elif self.command == "POST":
            kind.comments.append({"id": 1000 + len(kind.comments), "body": body})
            self.answer(kind.comments[-1])
        else:
            number = int(url.path.rsplit("/", 1)[1])
            for comment in kind.comments:
                if comment["id"] == number:
                    comment["body"] = body
                    self.answer(comment)
                    return
            self.send_error(404)

    do_GET = do_POST = do_PUT = do_PATCH = handle_one

    def log_message(self, *_):
        pass


def check_comment(forge, env, work):
    class Mine(Forge):
        comments = [{"id": n, "body": f"talk {n}"} for n in range(150)]
        calls = []

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    env = {**env, "GITHUB_API_URL": address, "CI_API_V4_URL": address,
           "GITHUB_TOKEN": "token-of-the-bot", "GITLAB_TOKEN": "token-of-the-bot",
           "GITHUB_REPOSITORY": "lab/cloud", "PULL_REQUEST": "7", "CI_PROJECT_ID": "42",
           "CI_MERGE_REQUEST_IID": "7"}
    marker = "<!-- gridform:plan site=a dir=site -->"
    for text in ("first \"plan\"\n\\", "second"):
        (work / "plan.md").write_text(f"{marker}\n{text}\n")
        run(f"{PIPELINES}/comment.sh {forge} plan.md", work, env)
    expect(f"{forge}: one comment, not {len(Mine.comments) - 150}", len(Mine.comments) == 151)
    expect(f"{forge}: its text", Mine.comments[-1]["body"] == f"{marker}\nsecond\n")
    expect(f"{forge}: the talk stays", Mine.comments[3]["body"] == "talk 3")
    (work / "other.md").write_text("no marker\n")
    run(f"{PIPELINES}/comment.sh {forge} other.md 2>/dev/null", work, env, 1)
    run(f"{PIPELINES}/comment.sh {forge} plan.md 2>/dev/null", work,
        {**env, "GITHUB_TOKEN": "x", "GITLAB_TOKEN": "x"}, 22)
    server.shutdown()


# ---- the repository ----------------------------------------------------------------------------

def make_repository(work, lab, env):
    site = work / "origin/site"
    shutil.copytree(SOURCE / "examples/tensorflow", site)
    manifest = {}
    for path in sorted(site.glob("*.yaml")):
        merged(manifest, yaml.safe_load(path.read_text()))
        path.unlink()
    merged(manifest, yaml.safe_load((lab.directory / "overlay.yaml").read_text()))
    manifest["templates"]["centos72-vra-nvidia"].pop("guest")
    manifest["state"] = {"backend": "file", "path": str(work / "state")}
    (site / "site.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    run("gridform fmt -C site; cp " + str(PIPELINES / "comment.sh") + " . ; git init -q -b main; "
        "git add .; git commit -qm site", work / "origin", env)


def clone(work, name, commit, env):
    run(f"rm -rf {name}; git clone -q origin {name}; git -C {name} checkout -q --detach {commit}",
        work, env)
    return work / name


def commit_of(work, branch, env):
    return run(f"git rev-parse {branch}", work / "origin", env).strip()


# ---- pipelines: name of a job -> its script -------------------------------------------------------

def gitlab():
    text = yaml.safe_load((PIPELINES / "gitlab-ci.yml").read_text())
    return text["variables"]["MANIFEST"], {
        name: "\n".join(job["script"]) for name, job in text.items()
        if isinstance(job, dict) and "script" in job}


def github():
    text = yaml.safe_load((PIPELINES / "github-actions.yml").read_text())
    return text["env"]["MANIFEST"], {
        name: "\n".join(step["run"] for step in job["steps"] if "run" in step)
        for name, job in text["jobs"].items()}


def check_pipeline(forge, work, env):
    manifest, jobs = gitlab() if forge == "gitlab" else github()
    expect(f"{forge}: its jobs: {sorted(jobs)}", {"plan", "apply", "watch"} <= jobs.keys())
    work = work / forge
    work.mkdir()
    lab = Lab(work)
    make_repository(work, lab, env)
    # The comment has a test of its own.
    no_comment = str(work / "comment.sh")
    jobs = {name: script.replace("./comment.sh", no_comment) for name, script in jobs.items()}
    pathlib.Path(no_comment).write_text(f"#!/bin/sh\nhead -n 1 \"$2\" >{work}/said\n")
    os.chmod(no_comment, 0o755)
    run("openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null; "
        "openssl pkey -in key.pem -pubout -out public.pem", work, env)
    env = {**env, "MANIFEST": manifest, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main",
           "SNAPSHOT_PUBLIC_KEY": f"{work}/public.pem", "SNAPSHOT_URL": f"file://{work}/live.json"}
    trusted = {**env, **SECRETS, "SNAPSHOT_KEY": f"{work}/key.pem"}

    def job(name, branch, environment, wanted=0):
        commit, base = commit_of(work, branch, env), commit_of(work, "main", env)
        directory = clone(work, "runner", commit, env)
        return run(jobs[name], directory,
                   {**environment, "CI_COMMIT_SHA": commit, "GITHUB_SHA": commit, "HEAD": commit,
                    "BASE": base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}, wanted), directory

    if "check" in jobs:
        job("check", "main", env)
    out, _ = job("apply", "main", trusted)
    expect(f"{forge}: something is applied", "Applied in " in out)
    _, directory = job("watch", "main", trusted)
    shutil.copy(directory / "live.json", work / "live.json")
    # A merge request: another power policy. No password, no state at hand.
    run(f"git checkout -q -b change; sed -i 's/power_policy: .*/power_policy: high_performance/' "
        f"{manifest}/site.yaml; git diff --quiet && exit 1; git commit -qam power", work / "origin",
        env)
    os.rename(work / "state", work / "away")
    out, directory = job("plan", "change", env)
    expect(f"{forge}: the plan shows the change: {out}",
           "4 hosts change" in out and "high_performance" in out)
    expect(f"{forge}: the page", "</html>" in (directory / "plan.html").read_text())
    expect(f"{forge}: the marker",
           (work / "said").read_text().startswith("<!-- gridform:plan site="))
    if forge == "gitlab":
        counts = json.loads((directory / "plan-counts.json").read_text())
        expect(f"the counts: {counts}", counts == {"create": 0, "update": 4, "delete": 0})
    # One that a check refuses: the comment is brought up to date all the same, and says so.
    (work / "said").unlink()
    run(f"git checkout -q -b refused; sed -i 's/max: 4\\b/max: 40/' {manifest}/site.yaml; "
        "git diff --quiet && exit 1; git commit -qam more", work / "origin", env)
    _, directory = job("plan", "refused", env, 6)
    expect(f"{forge}: the comment of a refused plan", (work / "said").exists())
    expect(f"{forge}: a refused plan says so",
           "Checks that fail, so nothing can be applied" in (directory / "plan.md").read_text())
    os.rename(work / "away", work / "state")
    run("git checkout -q main; git merge -q --no-ff -m merge change", work / "origin", env)
    out, _ = job("apply", "main", trusted)
    expect(f"{forge}: the merged change is applied: {out}", "4 changed" in out)
    job("watch", "main", trusted)
    run(f"curl -fsS -X POST -d '\"low\"' "
        f"{lab.control}/world/hosts/esx-gpu-02.lab.local/power_policy", work, env)
    job("watch", "main", trusted, 2)
    # What was never merged is not applied.
    run("git checkout -q -b rogue; git commit -q --allow-empty -m rogue; git checkout -q main",
        work / "origin", env)
    job("apply", "rogue", trusted, 6)
    lab.stop()


def check_hook(work, env):
    directory = work / "hook"
    shutil.copytree(SOURCE / "examples/tensorflow", directory / "site")
    run("git init -q -b main", directory, env)
    shutil.copy(PIPELINES / "pre-commit", directory / ".git/hooks/pre-commit")
    run("gridform fmt -C site; git add .; git commit -qm good", directory, env)
    run("printf 'pools:   { }\\n' >site/odd.yaml; git add .; git commit -qm odd 2>/dev/null",
        directory, env, 1)
    run("printf 'pools: {}\\nblueprint: {}\\n' >site/odd.yaml; gridform fmt -C site; git add .; "
        "git commit -qm wrong 2>/dev/null", directory, env, 1)
    # Only what is committed counts.
    run("git rm -q --cached site/odd.yaml; echo x >>site/README.md; git add site/README.md; "
        "git commit -qm fine", directory, env)


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        (work / "bin").mkdir()
        (work / "bin/gridform").symlink_to(pathlib.Path(GRIDFORM).resolve())
        env = {"PATH": f"{work}/bin:/usr/bin:/bin", "HOME": directory, "LC_ALL": "C.UTF-8",
               "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@lab.local",
               "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@lab.local"}
        for forge in ("github", "gitlab"):
            check_comment(forge, env, work)
            check_pipeline(forge, work, env)
        check_hook(work, env)
        print("the pipelines do what they say")


main()
