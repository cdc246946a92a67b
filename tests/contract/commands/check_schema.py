"""Debian's jsonschema judges `gridform schema`: is it a schema, does it take the example, does
it refuse broken manifests at the right place; and does gridform itself agree on each of them?

usage: check_schema.py GRIDFORM MANIFEST_DIRECTORY
"""
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

GRIDFORM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])


class Loader(yaml.SafeLoader):
    """YAML 1.2's core scalars: yes and no are texts, dates are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in rules
            if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool",
                             yaml.resolver.re.compile("^(true|false)$"), list("tf"))


def merged():
    whole = {}
    for path in sorted(EXAMPLE.glob("*.yaml")):
        for key, section in yaml.load(path.read_text(), Loader).items():
            if isinstance(section, dict):
                whole.setdefault(key, {}).update(section)
            else:
                whole[key] = section
    return whole


def fail(message):
    sys.exit(f"check_schema: {message}")


def gridform_takes(manifest):
    """Whether validate does (0; else 1, or 6 of a rule), on a directory with this manifest and the example's scripts."""
    with tempfile.TemporaryDirectory() as directory:
        for part in ("software", "guest"):
            shutil.copytree(EXAMPLE / part, pathlib.Path(directory) / part)
        with open(pathlib.Path(directory) / "all.yaml", "w", encoding="utf-8") as file:
            yaml.safe_dump(manifest, file)
        done = subprocess.run([GRIDFORM, "validate", "-C", directory], capture_output=True,
                              text=True, timeout=60)
        if done.returncode not in (0, 1, 6):
            fail(f"validate: exit {done.returncode}\n{done.stderr}")
        return done.returncode == 0, done.stderr


DELETE = object()
BLUEPRINT = ("blueprints", "Tensorflow-GPU")
MACHINE = BLUEPRINT + ("machine",)
MODE = ("vgpu_modes", "p100-4q")
POOL = ("pools", "gpu")
SPEC = ("customization_specs", "centos-ml")
SOFTWARE = ("software_components", "Tensorflow-GPU")

GUEST = ("templates", "centos72-vra-nvidia", "guest")
STEP = GUEST + ("steps", 0)

BROKEN = [  # path to set, value
    (("gridform",), 2),
    (("gridform",), DELETE),
    (("site",), DELETE),
    (("site",), "a/b"),
    (("site",), " a"),
    (("hosts",), {}),
    (("blueprint",), {}),
    (("blueprints",), []),
    (("blueprints", "odd"), "text"),
    (("blueprints", "odd"), None),
    (BLUEPRINT + ("descripton",), "x"),
    (MACHINE + ("prefix",), DELETE),
    (MACHINE + ("clone", "template"), DELETE),
    (MACHINE + ("clone", "type"), "half"),
    (MACHINE + ("clone",), "centos72"),
    (MACHINE + ("source",), "x"),
    (MACHINE + ("memory",), "16 GiBs"),
    (MACHINE + ("memory",), "16"),
    (MACHINE + ("memory",), 16),
    (MACHINE + ("memory",), {"min": "8 GiB"}),
    (MACHINE + ("memory",), {"min": "8 GiB", "max": "16 GiB", "most": "1 GiB"}),
    (MACHINE + ("cpu",), "automatic"),
    (MACHINE + ("cpu",), 0),
    (MACHINE + ("cpu",), 129),
    (MACHINE + ("instances",), {"min": 1, "max": 1000}),
    (MACHINE + ("network", "assignment"), "static4"),
    (BLUEPRINT + ("software",), "Tensorflow-GPU"),
    (BLUEPRINT + ("published",), "yes"),
    (BLUEPRINT + ("lifecycle",), {"prevent": True}),
    (BLUEPRINT + ("lifecycle",), {"prevent_destroy": 3}),
    (BLUEPRINT + ("lifecycle",), {"ignore_changes": ["machine.memoryy"]}),
    (POOL + ("lifecycle",), {"ignore_drift": ["eccc"]}),
    (POOL + ("allow",), ["everything"]),
    (POOL + ("rollout", "max_unavailable"), 0),
    (POOL + ("rollout", "on_failure"), "go on"),
    (POOL + ("reboot_timeout",), "30"),
    (POOL + ("reboot_timeout",), "30 minutes"),
    (POOL + ("hosts",), [["a"]]),
    (POOL + ("hosts",), ["a\tb"]),
    (MODE + ("ecc",), "off"),
    (MODE + ("driver", "vib"), ""),
    (MODE + ("driver", "vib"), None),
    (MODE + ("driver", "signature_check"), "no"),
    (SPEC + ("hostname",), "fixed"),
    (SPEC + ("hostname",), {}),
    (SPEC + ("hostname",), {"name": "a", "prefix": "b"}),
    (SPEC + ("hostname",), {"name": "a-"}),
    (SPEC + ("hostname",), {"prefix": "a.b"}),
    (SPEC + ("hostname",), {"prefix": "a" * 64}),
    (SPEC + ("address",), "10.0.0.256"),
    (SPEC + ("address",), "10.0.0.01"),
    (SPEC + ("address",), "10.0.0"),
    (SPEC + ("gateway",), 10),
    (SPEC + ("hw_clock_utc",), "yes"),
    (GUEST + ("steps",), {"reboot": {}}),
    (GUEST + ("transfer",), "ssh"),
    (GUEST + ("credentials", "password"), "secret"),
    (STEP, "reboot"),
    (STEP, {"reboot": "soon"}),
    (STEP, {"reboot": {"timeout": "1m"}}),
    (STEP, {"run": "x", "exit_codes": [0, 256]}),
    (STEP, {"run": "x", "exit_codes": 0}),
    (STEP, {"run": "x", "environment": {"1A": "b"}}),
    (STEP, {"run": "x", "environment": {"A": ["b"]}}),
    (STEP, {"run": "x", "timeout": "10"}),
    (STEP, {"run": "x", "script_text": "x"}),
    (STEP, {"verify": "x", "expect": {"output": ["a"]}}),
    (STEP, {"upload": {"file": "a", "sha256": "abc", "to": "/a"}}),
    (SOFTWARE + ("install", "script"), "echo\n"),
    (SOFTWARE + ("install", "type"), "powershell"),
    (("entitlements", "ml-users", "to"), [{"users": "a"}]),
    (("entitlements", "ml-users", "to"), [{"user": "a", "group": "b"}]),
    (("entitlements", "ml-users", "to"), ["a"]),
    (("providers", "vsphere", "password"), "secret"),
    (("providers", "vsphere", "password"), {"env": "A", "file": "b"}),
    (("providers", "vsphere", "password"), {"text": "a"}),
    (("providers", "vsphere", "password"), {"command": []}),
    (("providers", "vsphere", "port"), 65536),
    (("providers", "vsphere", "timeout"), 60),
    (("providers", "vsphere", "connect_to"), {"a": "b"}),
    (("providers", "vra", "generation"), 8),
    (("providers", "esxi", "username"), DELETE),
    (("providers", "aws"), {}),
    (("encryption",), {}),
    (("encryption",), None),
    (("encryption",), {"key": "0" * 64}),
    (("encryption",), {"key": {"env": "A"}, "previous": ["0" * 64]}),
    (("encryption",), {"previous": []}),
    (("encryption",), {"key": {"env": "A"}, "cipher": "none"}),
    (("variables", "1a"), {"default": "x"}),
    (("variables", "a"), {"value": "x"}),
    (("variables", "a"), "x"),
    (("catalog_services", ""), {}),
    (("state",), "a.state"),
    (("state",), {"backend": "s3"}),
    (("state",), {"path": "a.state"}),
    (("state",), {"backend": "file", "file": "a.state"}),
    (("state",), {"backend": "http", "address": "https://a/b", "password": "secret"}),
    (("state",), {"backend": "http", "address": "https://a/b", "headers": ["a"]}),
    (("state",), {"backend": "http", "address": "https://a/b", "timeout": 60}),
    (("catalog_services", " a"), {}),
    (("catalog_services", "${var.tensorflow_image}"), {}),
]

DIRECT = {"method": "directpath", "device": "10de:1db4"}
TEMPLATE = ("templates", "centos72-vra-nvidia")
# What depends on another attribute: the schema takes it, a rule of validate does not.
RULED = [
    (("state",), {"backend": "http"}),
    (("state",), {"backend": "http", "address": "ftp://a/b"}),
    (("state",), {"backend": "http", "address": "https://a/b", "username": "c"}),
    (("state",), {"backend": "file", "address": "https://a/b"}),
    (MODE + ("driver",), DELETE),
    (MODE + ("profile",), DELETE),
    (MODE + ("device",), "10de:1db4"),
    (("vgpu_modes", "direct"), {"method": "directpath"}),
    (("vgpu_modes", "direct"), {**DIRECT, "ecc": "disabled"}),
    (("vgpu_modes", "direct"), {**DIRECT, "label": "gpu"}),
    (("vgpu_modes", "direct"), {**DIRECT, "device": "1002:1db4"}),
]

GOOD = [
    (("state",), {"backend": "file", "path": "../lab.state"}),
    (("state",), {"backend": "http", "address": "https://${var.tensorflow_image}/b",
                  "lock_address": "https://a/b/lock", "lock_method": "POST",
                  "unlock_method": "DELETE", "username": "c", "password": {"env": "D"},
                  "headers": {"X-E": "f"}, "connect_to": {"a": "127.0.0.1:1"},
                  "timeout": "2m", "ca_file": "ca.pem"}),
    (("state",), {"backend": "http", "address": "http://127.0.0.1:1/", "token": {"env": "D"},
                  "token_header": "PRIVATE-TOKEN"}),
    (("vgpu_modes", "direct"), DIRECT),
    (("vgpu_modes", "direct"), {**DIRECT, "dynamic": True, "label": "gpu"}),
    (TEMPLATE + ("gpus",), 2),
    (TEMPLATE + ("firmware",), "efi"),
    (TEMPLATE + ("mmio_size",), "128 GiB"),
    (TEMPLATE + ("cores_per_socket",), 3),
    (("gridform",), "1"),
    (("variables",), {"tensorflow_image": {"default": "x"}, "a": {"default": 5, "doc": "d"}}),
    (BLUEPRINT + ("description",), 5),
    (BLUEPRINT + ("description",), ""),
    (BLUEPRINT + ("published",), False),
    (BLUEPRINT + ("catalog",), None),
    (BLUEPRINT + ("lifecycle",), {"prevent_destroy": True, "ignore_changes": ["machine.memory"],
                                  "ignore_drift": [], "allow": []}),
    (POOL + ("lifecycle",), {"ignore_drift": ["ecc", "power_policy"], "adopt": False}),
    (POOL + ("allow",), ["power_off_vms"]),
    (POOL + ("reboot_timeout",), "45 m"),
    (MACHINE + ("memory",), "16384MiB"),
    (MACHINE + ("storage",), {"min": "60 GiB", "max": "100 GiB", "default": "80 GiB"}),
    (MACHINE + ("cpu",), 6),
    (MACHINE + ("cpu",), {"min": 2, "max": 6, "default": 4}),
    (MACHINE + ("instances",), 3),
    (SPEC + ("hostname",), {"prefix": "gpu-"}),
    (SPEC + ("hostname",), {"name": 5}),
    (SPEC, {"os": "linux", "domain": "lab.local", "network": "static", "address": "10.0.0.255",
            "netmask": "255.255.254.0", "gateway": "10.0.1.1", "hw_clock_utc": False}),
    (SOFTWARE + ("install",), {"script": "echo ${var.tensorflow_image}\n", "reboot": True}),
    (STEP, {"reboot": True}),
    (STEP, {"run": "a\nb\n", "name": "two lines", "exit_codes": [0, 3], "timeout": "10m",
            "environment": {"A": "b", "TOKEN": {"env": "X"}}}),
    (STEP, {"upload": {"file": "a", "sha256": "A" * 64, "to": "/a", "mode": "0755"}}),
    (STEP, {"verify": "x", "expect": {"exit_code": 3, "output": "y"}}),
    (("catalog_services", "Another"), None),
    (("entitlements", "ml-users", "to"), [{"user": "a"}, {"group": "b"}]),
    (("providers", "vsphere", "password"), {"command": ["pass", "show", "x"]}),
    (("encryption",), {"key": {"credential": "state-key"}}),
    (("encryption",), {"previous": [{"file": "old.key"}]}),
    (("encryption",), {"key": {"env": "A"}, "previous": [{"env": "B"}, {"command": ["c"]}]}),
    (("providers", "vsphere", "connect_to"), {"a.lab.local": "127.0.0.1:443", "b": "[::1]:22"}),
]


def changed(base, path, value):
    manifest = copy.deepcopy(base)
    at = manifest
    for key in path[:-1]:
        at = at.setdefault(key, {})
    if value is DELETE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return manifest


def check_place(path, errors):
    """Some error stands at the changed place, above it (a key too many) or below it."""
    for error in errors:
        place = tuple(error.absolute_path)
        if place[:len(path)] == path or path[:len(place)] == place:
            return
    fail(f"{path}: the errors are elsewhere: {[list(e.absolute_path) for e in errors]}")


def main():
    done = subprocess.run([GRIDFORM, "schema"], capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or done.stderr != "":
        fail(f"exit {done.returncode}: {done.stderr}")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    base = merged()
    for error in judge.iter_errors(base):
        fail(f"the example: {list(error.absolute_path)}: {error.message}")
    for path, value in BROKEN:
        manifest = changed(base, path, value)
        errors = list(judge.iter_errors(manifest))
        if not errors:
            fail(f"{path} = {value!r} is taken")
        check_place(path, errors)
        if gridform_takes(manifest)[0]:
            fail(f"{path} = {value!r}: gridform takes what its schema refuses")
    for path, value in RULED:
        manifest = changed(base, path, value)
        errors = list(judge.iter_errors(manifest))
        if errors:
            fail(f"{path} = {value!r} is refused: {errors[0].message}")
        if gridform_takes(manifest)[0]:
            fail(f"{path} = {value!r}: gridform takes it")
    for path, value in GOOD:
        manifest = changed(base, path, value)
        errors = list(judge.iter_errors(manifest))
        if errors:
            fail(f"{path} = {value!r} is refused: {errors[0].message}")
        taken, why = gridform_takes(manifest)
        if not taken:
            fail(f"{path} = {value!r}: gridform refuses what its schema takes: {why}")
    print(f"{len(BROKEN)} broken manifests refused, {len(GOOD)} good ones taken")


main()
