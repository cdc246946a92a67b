"""Outputs of gridform against the schemas that it prints of them, and no member more.

usage: check_outputs.py GRIDFORM (SCHEMA FILE)...      events: one document a line
"""
import json
import subprocess
import sys

import jsonschema


def tighten(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            tighten(part)
    elif isinstance(schema, list):
        for part in schema:
            tighten(part)
    return schema


def main():
    gridform, pairs = sys.argv[1], sys.argv[2:]
    for name, path in zip(pairs[::2], pairs[1::2]):
        done = subprocess.run([gridform, "schema", name], capture_output=True, check=True)
        judge = jsonschema.Draft202012Validator(tighten(json.loads(done.stdout)))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        documents = text.splitlines() if name == "events" else [text]
        if not documents:
            sys.exit(f"check_outputs: {path} is empty")
        for document in documents:
            for error in judge.iter_errors(json.loads(document)):
                sys.exit(f"check_outputs: {name}: {list(error.absolute_path)}: "
                         f"{error.message[:500]}\n{document[:500]}")


main()
