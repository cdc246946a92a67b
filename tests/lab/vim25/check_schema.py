#!/usr/bin/python3
"""Judge of the simulated vCenter's tables of data types: VMware's own, in pyVmomi.

    check_schema.py SCHEMA_FILE...

Every type of the tables that pyVmomi 6.7.1 knows must have the same fields in the same order,
optional and repeated where its are, and of the same types. Fields that came later say since when.
"""
import re
import sys

from pyVmomi import VmomiSupport as V

ROW = re.compile(r'\{"(!?)(\w+)",\s*"(\w*)",\s*((?:"[^"]*"\s*)+)\}')
FIELD = re.compile(r"(\w+)(\??)(\*?):(&?)(\w*)(?:@([\d.]+))?$")
KNOWN_SINCE = (6, 7, 1)
# Names of vim25 for the basic types of pyVmomi.
CLIENT_ONLY = {"msg"}  # of the client's own fault objects
# Optional from 8.0 on; and what wraps a fault, which the client unwraps.
OTHERWISE = {"NoPermission", "LocalizedMethodFault"}
BASIC = {"ManagedObject": "", "MethodFault": "LocalizedMethodFault", "ManagedMethod": "string",
         "bool": "boolean", "str": "string", "datetime": "dateTime", "binary": "base64Binary",
         "object": "anyType", "type": "string", "PropertyPath": "string"}


def is_later(since):
    return since is not None and tuple(int(part) for part in since.split(".")) > KNOWN_SINCE


def fields_of(text):
    """(name, optional, list, reference, type) of each field that pyVmomi can know."""
    for word in "".join(re.findall(r'"([^"]*)"', text)).split():
        name, optional, several, reference, kind, since = FIELD.match(word).groups()
        if not is_later(since):
            yield name, bool(optional), bool(several), bool(reference), kind


def wire_name(kind):
    name = kind.__name__.split(".")[-1]
    return BASIC.get(name, V.GetWsdlName(kind) if "." in kind.__name__ else name)


def judged(kind):
    base = kind.__bases__[0]
    inherited = len(base._GetPropertyList()) if hasattr(base, "_GetPropertyList") else 0
    for prop in kind._GetPropertyList()[inherited:]:
        if prop.version.endswith(".legacy") or prop.name in CLIENT_ONLY:
            continue
        several = issubclass(prop.type, list)
        item = prop.type.Item if several else prop.type
        yield (prop.name, bool(prop.flags & V.F_OPTIONAL), several,
               issubclass(item, V.ManagedObject), wire_name(item))


def main():
    known, wrong = 0, 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            rows = ROW.findall(file.read())
        for _, name, _, text in rows:
            try:
                kind = V.GetWsdlType("urn:vim25", name)
            except KeyError:
                continue
            if issubclass(kind, V.ManagedObject) or name in OTHERWISE:
                continue
            known += 1
            ours, theirs = list(fields_of(text)), list(judged(kind))
            if ours != theirs:
                print("%s\n  has    %s\n  wanted %s" % (name, ours, theirs))
                wrong += 1
    print("%d types, %d wrong" % (known, wrong))
    return 1 if wrong or known < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
