"""Other programs' readers judge what gridform writes for them, on every case of the planner and
on texts that are out to break out: jsonschema against the schemas that gridform prints and
against those of SARIF and of Terraform's plans, jq with what GitLab and policies do, xmllint for
JUnit, dot for graphs, and the commands of GitHub and Azure taken apart as their runners do.

usage: check_formats.py GRIDFORM TEST_FORMATS
"""
import collections
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

import jsonschema

import format_schemas

GRIDFORM, TEST = sys.argv[1:3]
HERE = pathlib.Path(__file__).parent


def fail(message):
    sys.exit(f"check_formats: {message}")


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, timeout=300, **more)
    if done.returncode != 0:
        fail(f"{words[0]}: {done.stderr.decode()[:2000]}")
    return done.stdout.decode("utf-8", "strict")


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        fail(f"a member twice: {names}")
    return dict(pairs)


def read_json(path):
    return json.loads(path.read_text("utf-8"), object_pairs_hook=no_doubles)


def tighten(schema):
    """Every object knows its members and no others: so what is written is what is documented."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            tighten(part)
    elif isinstance(schema, list):
        for part in schema:
            tighten(part)
    return schema


def published(name):
    schema = json.loads(run(GRIDFORM, "schema", name))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def validator(schema):
    return jsonschema.Draft202012Validator(schema)


def judge(document, checker, what):
    for error in checker.iter_errors(document):
        fail(f"{what}: {list(error.absolute_path)}: {error.message[:500]}")


# ---- our own schemas ------------------------------------------------------------------------

def must_refuse(document, checker, name):
    """A schema that takes everything would be no judge: each member at the top is needed."""
    for member in document:
        broken = copy.deepcopy(document)
        broken[member] = {"odd": []}
        if not list(checker.iter_errors(broken)):
            fail(f"schema {name}: an odd {member} is taken")


def check_own(pages):
    for name in ("plan", "drift", "findings"):
        schema = published(name)
        strict = validator(tighten(copy.deepcopy(schema)))
        paths = sorted(pages.glob(f"*.{name}.json"))
        if len(paths) < 100:
            fail(f"{len(paths)} outputs of {name} only")
        for path in paths:
            judge(read_json(path), strict, path.name)
        must_refuse(read_json(paths[0]), validator(schema), name)
    if not read_json(pages / "130-waivers-plan.plan.json")["waived"]:
        fail("nothing is waived")
    waived = [finding for finding in read_json(pages / "130-waivers-plan.findings.json")["findings"]
              if finding["accepted"] is not None]
    if not waived or any(finding["severity"] == "note" for finding in waived):
        fail(f"waived: {waived}")
    validator(tighten(published("events")))


# ---- SARIF ----------------------------------------------------------------------------------

def check_sarif(path, found):
    document = read_json(path)
    judge(document, validator(format_schemas.SARIF), path.name)
    the_run = document["runs"][0]
    rules = [rule["id"] for rule in the_run["tool"]["driver"]["rules"]]
    if len(rules) != len(set(rules)):
        fail("a rule twice")
    prints = [result["partialFingerprints"]["gridform/v1"] for result in the_run["results"]]
    if len(prints) != len(set(prints)):
        fail(f"{path.name}: a fingerprint twice")
    if len(the_run["results"]) != len(found["findings"]):
        fail(f"{path.name}: {len(the_run['results'])} results")
    for result, finding in zip(the_run["results"], found["findings"]):
        if rules[result["ruleIndex"]] != result["ruleId"] or result["ruleId"] != finding["rule"]:
            fail(f"{path.name}: {result['ruleId']} is not what its index says")
        if bool(result["suppressions"]) != (finding["accepted"] is not None):
            fail(f"{path.name}: suppressions")
        if re.search(r"(?<!\{)\{(\{\{)*(?!\{)", result["message"]["text"]):
            fail(f"{path.name}: a place holder in {result['message']['text']!r}")
        place = result["locations"][0].get("physicalLocation")
        if finding["file"] is not None and not finding["file"].startswith("/"):
            uri = urllib.parse.unquote(place["artifactLocation"]["uri"], errors="replace")
            if uri != finding["file"] and "\ufffd" not in finding["file"]:
                fail(f"{path.name}: {uri!r} is not {finding['file']!r}")


# ---- JUnit ----------------------------------------------------------------------------------

def check_junit(path, found):
    suites = xml.etree.ElementTree.parse(path).getroot()
    suite = suites.find("testsuite")
    cases = suite.findall("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    if len(names) != len(set(names)):
        fail(f"{path.name}: a case twice")
    counted = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
               "errors": len(suite.findall("testcase/error")),
               "skipped": len(suite.findall("testcase/skipped"))}
    for name, count in counted.items():
        if suite.get(name) != str(count):
            fail(f"{path.name}: {name} is {suite.get(name)}, not {count}")
    text = "".join(suite.itertext())
    lines = sum(1 for _ in re.finditer(r"(?m)(?:^|: )(?:error|warning|note): ", text))
    if lines < len(found["findings"]):
        fail(f"{path.name}: {lines} of {len(found['findings'])} findings")


# ---- commands of pipelines ------------------------------------------------------------------

def unescape(text, table):
    for code, plain in table:
        text = text.replace(code, plain)
    return text


GITHUB_DATA = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]
GITHUB_PROPERTY = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
AZURE_DATA = [("%0D", "\r"), ("%0A", "\n"), ("%AZP25", "%")]
AZURE_PROPERTY = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")]


def read_github(line):
    """As the runner does: the command up to the second ::, its properties, then the data."""
    line = line.strip()
    if not line.startswith("::"):
        return None
    head, sep, data = line[2:].partition("::")
    if not sep:
        return None
    command, _, properties = head.partition(" ")
    pairs = dict(part.split("=", 1) for part in properties.split(",") if "=" in part)
    return command, {k: unescape(v, GITHUB_PROPERTY) for k, v in pairs.items()}, \
        unescape(data, GITHUB_DATA)


def read_azure(line):
    start = line.find("##vso[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    command, _, properties = line[start + 6:end].partition(" ")
    pairs = dict(part.split("=", 1) for part in properties.split(";") if "=" in part)
    return command, {k: unescape(v, AZURE_PROPERTY) for k, v in pairs.items()}, \
        unescape(line[end + 1:], AZURE_DATA)


def safe(text):
    """What gridform makes of outside text, in broad strokes: compared are letters only."""
    return re.sub(r"[^ -~]", "", text)


def expected(found, levels, limit):
    for severity, level in levels.items():
        those = [f for f in found["findings"] if f["severity"] == severity and not f["accepted"]]
        over = limit is not None and len(those) > limit
        for finding in those[:limit - 1] if over else those:
            yield level, finding
        if over:
            yield level, None


def check_commands(path, found, read, levels, limit):
    lines = path.read_bytes().decode("utf-8", "strict").split("\n")[:-1]
    wanted = list(expected(found, levels, limit))
    if len(lines) != len(wanted):
        fail(f"{path.name}: {len(lines)} lines for {len(wanted)} findings")
    for line, (level, finding) in zip(lines, wanted):
        got = read(line)
        if got is None:
            fail(f"{path.name}: no command: {line!r}")
        command, properties, data = got
        kind = properties.get("type") if command == "task.logissue" else command
        if kind != level:
            fail(f"{path.name}: {command} {kind} is not {level}: {line!r}")
        if finding is None:
            continue
        known = {"file", "line", "col", "title", "type", "sourcepath", "linenumber",
                 "columnnumber", "code"}
        if set(properties) - known:
            fail(f"{path.name}: {set(properties) - known} in {line!r}")
        place = properties.get("file", properties.get("sourcepath"))
        if (place is None) != (finding["file"] is None) or \
                (place is not None and safe(place) != safe(finding["file"])):
            fail(f"{path.name}: {place!r} is not {finding['file']!r}")
        number = int(properties.get("line", properties.get("linenumber", 0)))
        if number != finding["line"]:
            fail(f"{path.name}: line {number} is not {finding['line']}")
        if safe(finding["message"]).strip()[:200] not in safe(data):
            fail(f"{path.name}: {finding['message']!r} is not in {data!r}")


# ---- Terraform ------------------------------------------------------------------------------

# Counts actions as the widget of merge requests does: both of a replacement count.
COUNT = """[.resource_changes[]?.change.actions?] | flatten
  | {create: map(select(. == "create")) | length, update: map(select(. == "update")) | length,
     delete: map(select(. == "delete")) | length}"""
# A policy such as conftest's: no host may lose an attribute, nothing may be deleted.
POLICY = """[.resource_changes[] | select(.change.actions | index("delete")) | .address]
  + [.resource_changes[] | select(.type == "gridform_host" and .mode == "managed")
     | select(.change.after != null and .change.before != null)
     | select((.change.before | keys) != (.change.after | keys)) | .address]"""


def levels_of(address):
    """Cut at dots outside of brackets, as summaries in trees do."""
    parts, depth, quoted, part, i = [], 0, False, "", 0
    while i < len(address):
        c = address[i]
        if quoted and c == "\\":
            part += c
            i += 1
            c = address[i]
        elif c == '"':
            quoted = not quoted
        elif not quoted and c in "[]":
            depth += 1 if c == "[" else -1
        if c == "." and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
        i += 1
    return parts + [part]


def key_of(address):
    quoted = address[address.index("[") + 1:-1]
    text = re.sub(r"([$%])\1\{", r"\1{", quoted)
    return json.loads(text)


def check_change(change, what):
    address, body = change["address"], change["change"]
    if levels_of(address)[0] != change["type"] or len(levels_of(address)) != 2:
        fail(f"{what}: {address} falls into {levels_of(address)}")
    if key_of(address) != change["index"]:
        fail(f"{what}: {address} is not {change['index']}")
    actions = body["actions"]
    if (body["before"] is None) != (actions == ["create"]):
        fail(f"{what}: {address}: {actions} from {body['before']}")
    if (body["after"] is None) != (actions in (["delete"], ["forget"])):
        fail(f"{what}: {address}: {actions} to {body['after']}")
    if actions == ["no-op"] and body["before"] != body["after"]:
        fail(f"{what}: {address}: no-op changes something")


def check_terraform(path, ours, counts):
    document = read_json(path)
    judge(document, validator(format_schemas.TERRAFORM), path.name)
    changes = document["resource_changes"]
    addresses = [change["address"] for change in changes]
    if len(addresses) != len(set(addresses)):
        fail(f"{path.name}: an address twice")
    for change in changes + document["resource_drift"]:
        check_change(change, path.name)
    planned = {one["address"]: one["values"]
               for one in document["planned_values"]["root_module"]["resources"]}
    for change in changes:
        after = change["change"]["after"]
        if planned and after is not None and planned.get(change["address"]) != after:
            fail(f"{path.name}: {change['address']} is planned to be something else")
    wanted = collections.Counter(change["action"] for change in ours["changes"])
    got = collections.Counter(tuple(change["change"]["actions"]) for change in changes)
    for action, ones in (("create", [("create",)]), ("delete", [("delete",)]),
                         ("release", [("forget",)])):
        if wanted[action] != sum(got[one] for one in ones):
            fail(f"{path.name}: {wanted[action]} of {action}, {got}")
    if document["errored"] != bool(ours["refused"]):
        fail(f"{path.name}: errored")
    return counts


def check_with_jq(pages):
    """One run over all documents: each line of the answer is one of them."""
    plans = sorted(pages.glob("*.terraform.json"))
    counted = run("jq", "-c", COUNT, *plans).splitlines()
    ours = [json.dumps(read_json(path.with_name(path.name.replace("terraform", "gitlab"))),
                       separators=(",", ":")) for path in plans]
    for path, theirs, own in zip(plans, counted, ours, strict=True):
        if theirs != own:
            fail(f"{path.name}: jq counts {theirs}, gridform {own}")
    if len(set(counted)) < 10:
        fail("all plans count the same")
    denied = dict(zip([path.name for path in plans],
                      map(json.loads, run("jq", "-c", POLICY, *plans).splitlines()),
                      strict=True))
    removed = denied["057-remove-all-plan.terraform.json"]
    if 'gridform_blueprint.this["b"]' not in removed:
        fail(f"the policy sees no removal: {removed}")
    if denied["000-fresh-plan.terraform.json"]:
        fail(f"the policy denies a fresh plan: {denied['000-fresh-plan.terraform.json']}")


# ---- graphs ---------------------------------------------------------------------------------

COLOURS = {"create": "palegreen", "update": "khaki", "rebuild": "khaki", "delete": "lightcoral",
           "adopt": "lightgrey", "release": "lightgrey"}
MERMAID_NODE = re.compile(r"  (n\d+)(?:\[\"([^\"]*)\"\]|\(\[\"([^\"]*)\"\]\))")
MERMAID_EDGE = re.compile(r"  (n\d+) --> (n\d+)")
MERMAID_STYLE = re.compile(r"  style (n\d+) fill:([a-z]+)")


def read_dot(path):
    """As Graphviz understands it: its labels keep \\\\ for a backslash."""
    document = json.loads(run("dot", "-Tjson0", path))
    labels = {one["_gvid"]: one["label"].replace("\\\\", "\\") for one in document.get("objects", [])}
    colours = {labels[one["_gvid"]]: one["fillcolor"] for one in document.get("objects", [])
               if "fillcolor" in one}
    edges = {(labels[one["tail"]], labels[one["head"]]) for one in document.get("edges", [])}
    return sorted(labels.values()), colours, edges


def read_mermaid(path):
    """By the grammar of its flowcharts, as far as it is used; nothing else may stand there."""
    first, *lines = path.read_text("utf-8").split("\n")[:-1]
    labels, colours, edges = {}, {}, set()
    if first != "flowchart RL":
        fail(f"{path.name}: {first}")
    for line in lines:
        if node := MERMAID_NODE.fullmatch(line):
            text = node[2] if node[2] is not None else node[3]
            if re.search(r"[<>`\\]|&|#(?!\d+;)", text):
                fail(f"{path.name}: {line!r} means something")
            labels[node[1]] = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)
        elif edge := MERMAID_EDGE.fullmatch(line):
            edges.add((labels[edge[1]], labels[edge[2]]))
        elif style := MERMAID_STYLE.fullmatch(line):
            colours[labels[style[1]]] = style[2]
        else:
            fail(f"{path.name}: no line of a flowchart: {line!r}")
    return sorted(labels.values()), colours, edges


def check_graphs(pages):
    n_edges = 0
    for path in sorted(pages.glob("*.dot")):
        nodes, colours, edges = read_dot(path)
        if read_mermaid(path.with_suffix(".mermaid")) != (nodes, colours, edges):
            fail(f"{path.name}: Graphviz reads another graph than Mermaid")
        if len(nodes) != len(set(nodes)):
            fail(f"{path.name}: a node twice")
        changes = read_json(path.with_suffix(".plan.json"))["changes"]
        wanted = {safe(one["address"]): COLOURS[one["action"]] for one in changes
                  if one["action"] in COLOURS}
        if {safe(address): colour for address, colour in colours.items()} != wanted:
            fail(f"{path.name}: {colours} is not {wanted}")
        n_edges += len(edges)
    if n_edges < 300:
        fail(f"{n_edges} references only")


# ---- all ------------------------------------------------------------------------------------

def main():
    with tempfile.TemporaryDirectory() as directory:
        pages = pathlib.Path(directory)
        run(TEST, env={**os.environ, "GRIDFORM_PAGES": directory})
        check_own(pages)
        run("xmllint", "--noout", "--nonet", "--schema", HERE / "junit.xsd",
            *sorted(pages.glob("*.junit.xml")))
        n = 0
        for path in sorted(pages.glob("*.findings.json")):
            found = read_json(path)
            stem = path.name[:-len("findings.json")]
            check_sarif(pages / f"{stem}sarif", found)
            check_junit(pages / f"{stem}junit.xml", found)
            check_commands(pages / f"{stem}github", found, read_github,
                           {"error": "error", "warning": "warning", "note": "notice"}, 10)
            check_commands(pages / f"{stem}azure", found, read_azure,
                           {"error": "error", "warning": "warning"}, None)
            n += len(found["findings"])
        if n < 300:
            fail(f"{n} findings only")
        for path in sorted(pages.glob("*.terraform.json")):
            check_terraform(path, read_json(path.with_name(path.name.replace("terraform",
                                                                             "plan"))), None)
        check_with_jq(pages)
        check_graphs(pages)
        print(f"{n} findings, {len(list(pages.iterdir()))} documents")


main()
