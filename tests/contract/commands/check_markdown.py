"""GitHub's own renderer (cmark-gfm) judges the pages that the tests of Markdown write: nothing
but the elements that gridform means to make, all of them closed, no link, no image, nobody
mentioned outside of code.

usage: check_markdown.py TEST...
"""
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MEANT = {"details", "summary", "b", "code", "h3", "h4", "ul", "li", "p", "pre", "strong",
         "blockquote"}


class Judge(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.n_details = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in MEANT or (attrs and dict(attrs).keys() != {"lang"}
                                and dict(attrs).keys() != {"class"}):
            self.problems.append(f"<{tag} {attrs}>")
        if tag == "details":
            self.n_details += 1
            if "details" in self.open:
                self.problems.append("nested details")
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if "code" in self.open:
            return
        if re.search(r"(?<![\w.])@\w|(?<![\w&])#\d|://|\bwww\.|\bGH-\d", data, re.I):
            self.problems.append(f"a link in {data[:80]!r}")
        # GitLab looks for these in the text of the page, after all references to characters.
        if re.search(r"[!$&]\d|[%~][\w\"]|\^alert#|\[[a-z_]+:\d", data):
            self.problems.append(f"a link in {data[:80]!r}")


def judge(path):
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", "-e",
                           "autolink", "-e", "tasklist", path], capture_output=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"check_markdown: cmark-gfm: {done.stderr.decode()}")
    found = Judge()
    found.feed(done.stdout.decode("utf-8", "strict"))
    found.close()
    if found.open:
        found.problems.append(f"left open: {found.open}")
    written = path.read_text("utf-8")
    if found.n_details != len(re.findall("^<details>$", written, re.M)):
        found.problems.append("some <details> became text")
    if found.problems:
        sys.exit(f"check_markdown: {found.problems[:5]} in:\n{written[:3000]}")


with tempfile.TemporaryDirectory() as directory:
    for program in sys.argv[1:]:
        done = subprocess.run([program], env={**os.environ, "GRIDFORM_PAGES": directory},
                              capture_output=True, timeout=300)
        if done.returncode != 0:
            sys.exit(f"check_markdown: {done.stderr.decode()}")
    pages = sorted(pathlib.Path(directory).glob("*.md"))
    if len(pages) < 300:
        sys.exit(f"check_markdown: {len(pages)} pages only")
    for page in pages:
        judge(page)
    print(f"{len(pages)} pages")
