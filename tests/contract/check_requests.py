#!/usr/bin/python3
"""Judge of the vSphere provider's requests: names, order, types and xsi:type of every element.

    check_requests.py DUMP_REQUESTS PROVIDER_DIRECTORY SOURCE_DIRECTORY

DUMP_REQUESTS prints all requests. They are judged by the type tables of VMware's own client,
pyVmomi 6.7.1 (Debian's python3-pyvmomi), and, where the directory of VMware's schema is found
(environment GRIDFORM_VIM25_WSDL, or ../shared/reference/vim25-wsdl beside the source tree), by
xmllint against vim-elements-6.7.1.xsd. Every method named in the provider's source must be among
the requests, so none escapes the judge.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

from pyVmomi import VmomiSupport as V

VIM = "{urn:vim25}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
WRAPPER = ('<wrap xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
           'xmlns:xsd="http://www.w3.org/2001/XMLSchema">%s</wrap>')
# Declared types that never stand for themselves.
ABSTRACT = {"vim.vm.device.VirtualDevice", "vim.vm.device.VirtualDevice.BackingInfo",
            "vmodl.query.PropertyCollector.SelectionSpec", "vim.vm.customization.Options",
            "vim.vm.customization.IdentitySettings", "vim.vm.customization.NameGenerator",
            "vim.vm.customization.IpGenerator"}


# Types of vSphere 7.0 that a client may send there; pyVmomi 6.7.1 does not know them.
LATER = "VirtualPCIPassthroughDynamicBackingInfo"
# The same, an element: pyVmomi judges what is around it, the schema of 8.0.3 all of it.
LATER_ELEMENT = re.compile(r"<scriptText>[^<]*</scriptText>")


def declare_later_types():
    version = "vim.version.version1"
    card = "vim.vm.device.VirtualPCIPassthrough.AllowedDevice"
    V.CreateDataType(card, "VirtualPCIPassthroughAllowedDevice", "vmodl.DynamicData", version,
                     [("vendorId", "int", version, 0), ("deviceId", "int", version, 0),
                      ("subVendorId", "int", version, V.F_OPTIONAL),
                      ("subDeviceId", "int", version, V.F_OPTIONAL),
                      ("revisionId", "short", version, V.F_OPTIONAL)])
    V.CreateDataType("vim.vm.device.VirtualPCIPassthrough.DynamicBackingInfo", LATER,
                     "vim.vm.device.VirtualDevice.DeviceBackingInfo", version,
                     [("allowedDevice", card + "[]", version, V.F_OPTIONAL),
                      ("customLabel", "string", version, V.F_OPTIONAL),
                      ("assignedId", "string", version, V.F_OPTIONAL)])


class Wrong(Exception):
    pass


def is_array(kind):
    return issubclass(kind, list)


def check_leaf(path, element, kind):
    text = element.text or ""
    if len(element):
        raise Wrong("%s: child elements in a plain value" % path)
    if issubclass(kind, bool) or kind.__name__ == "bool":
        if text not in ("true", "false"):
            raise Wrong("%s: %r is no boolean" % (path, text))
    elif hasattr(kind, "values"):  # an enumeration: its words are its attributes
        if not isinstance(getattr(kind, text, None), kind):
            raise Wrong("%s: %r is no word of %s" % (path, text, kind.__name__))
    elif issubclass(kind, int):
        int(text)


def check_any(path, element):
    name = element.get(XSI_TYPE)
    if name not in ("xsd:string", "xsd:int", "xsd:long", "xsd:boolean"):
        raise Wrong("%s: anyType without a known xsi:type (%r)" % (path, name))


def check_reference(path, element, kind):
    name = element.get("type")
    if not name or not element.text:
        raise Wrong("%s: a reference needs type and id" % path)
    if not issubclass(V.GuessWsdlType(name), kind):
        raise Wrong("%s: %s is no %s" % (path, name, kind.__name__))


def check_object(path, element, kind):
    name = element.get(XSI_TYPE)
    if name is None and kind.__name__ in ABSTRACT:
        raise Wrong("%s: xsi:type is missing for %s" % (path, kind.__name__))
    if name is not None:
        given = V.GuessWsdlType(name)
        if not issubclass(given, kind):
            raise Wrong("%s: %s is no %s" % (path, name, kind.__name__))
        kind = given
    check_fields(path, list(element),
                 [(p.name, p.type, p.flags) for p in kind._GetPropertyList()])


def check_value(path, element, kind):
    if is_array(kind):
        kind = kind.Item
    if kind is object:
        check_any(path, element)
    elif issubclass(kind, V.ManagedObject):
        check_reference(path, element, kind)
    elif issubclass(kind, V.DataObject):
        check_object(path, element, kind)
    else:
        check_leaf(path, element, kind)


def check_fields(path, elements, fields):
    """Elements in the order of fields, none unknown, none that is required missing."""
    position, seen = 0, set()
    names = [name for name, _, _ in fields]
    for element in elements:
        if not element.tag.startswith(VIM):
            raise Wrong("%s: %s is not in urn:vim25" % (path, element.tag))
        name = element.tag[len(VIM):]
        if name not in names:
            raise Wrong("%s: unknown element %s" % (path, name))
        index = names.index(name)
        if index < position:
            raise Wrong("%s: %s comes after %s" % (path, name, names[position]))
        if name in seen and not is_array(fields[index][1]):
            raise Wrong("%s: %s stands there twice" % (path, name))
        position = index
        seen.add(name)
        check_value(path + "/" + name, element, fields[index][1])
    for name, _, flags in fields:
        if name not in seen and not flags & V.F_OPTIONAL:
            raise Wrong("%s: %s is missing" % (path, name))


def check_request(body):
    root = list(ET.fromstring(WRAPPER % body))[0]
    name = root.tag[len(VIM):]
    children = list(root)
    this = children[0]
    if this.tag != VIM + "_this":
        raise Wrong("_this does not come first")
    kind = V.GuessWsdlType(this.get("type"))
    info = V.GuessWsdlMethod(name).info
    if not issubclass(kind, info.type):
        raise Wrong("%s has no method %s" % (this.get("type"), name))
    check_fields(name, children[1:], [(p.name, p.type, p.flags) for p in info.params])
    return name


def split(text):
    for part in re.split(r"^=== ", text, flags=re.M)[1:]:
        label, body = part.split("\n", 1)
        yield label, body.rstrip("\n")


def methods_of(directory):
    """Literals of methods in the calls of wire_open."""
    found = set()
    for name in sorted(os.listdir(directory)):
        if name.startswith("wire") and name.endswith(".c"):
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                for call in re.findall(r"(?:wire_open|open_guest)\(wire,([^;]*);", file.read()):
                    call = re.sub(r"\(struct ref\)\{[^}]*\}", "", call)
                    found.update(re.findall(r'"(\w+)"', call))
    return found


def check_schema(requests, directory, name):
    schema = os.path.join(directory, name)
    with tempfile.TemporaryDirectory() as where:
        files = []
        for i, (label, body) in enumerate(requests):
            path = os.path.join(where, "%02d-%s.xml" % (i, label.split(":")[0]))
            head = body.index(" ")
            with open(path, "w", encoding="utf-8") as file:
                file.write(body[:head] + ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
                           ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"' + body[head:])
            files.append(path)
        run = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema] + files,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if run.returncode != 0:
            raise Wrong(run.stdout.decode())
    print("%d requests are valid against %s" % (len(files), schema))


def self_test():
    """The judge can say no."""
    head = '<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">v</_this><spec>'
    tail = "</spec></ReconfigVM_Task>"
    for inner in ("<numCPUs>1</numCPUs><name>a</name>", "<nonsense>1</nonsense>",
                  "<deviceChange><operation>add</operation><device><key>1</key></device>"
                  "</deviceChange>", "<name>a</name><name>b</name>",
                  "<extraConfig><key>k</key><value>v</value></extraConfig>",
                  "<deviceChange><operation>melt</operation></deviceChange>"):
        try:
            check_request(head + inner + tail)
        except Wrong:
            continue
        raise Wrong("the judge accepts " + inner)


def main():
    dump, provider, source = sys.argv[1:4]
    declare_later_types()
    self_test()
    text = subprocess.run([dump], stdout=subprocess.PIPE, check=True).stdout.decode()
    requests, bad = list(split(text)), 0
    seen = set()
    for label, body in requests:
        try:
            seen.add(check_request(LATER_ELEMENT.sub("", body)))
        except Exception as error:  # anything the tables do not know is a fault of the request
            print("%s: %s\n    %s" % (label, error, body))
            bad += 1
    missing = methods_of(provider) - seen
    if missing:
        print("not among the requests: %s" % ", ".join(sorted(missing)))
    print("%d requests, %d methods, %d wrong" % (len(requests), len(seen), bad))
    wsdl = os.environ.get("GRIDFORM_VIM25_WSDL") or os.path.join(
        source, "..", "shared", "reference", "vim25-wsdl")
    if os.path.isdir(wsdl):
        old = [it for it in requests
               if LATER not in it[1] and not LATER_ELEMENT.search(it[1])]
        check_schema(old, wsdl, "vim-elements-6.7.1.xsd")
        check_schema(requests, wsdl, "vim25-8.0.3.xsd")
    else:
        print("SKIPPED: no schema at %s, pyVmomi's tables alone have judged" % wsdl)
    return 1 if bad or missing or not requests else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        print(wrong)
        sys.exit(1)
