"""JSON Schemas of the parts of SARIF 2.1.0 and of Terraform's plans that gridform writes, from
what their makers document. Nothing beyond them is allowed: a member that no reader knows is a
mistake of ours."""


def thing(required, **optional):
    names = dict(required)
    names.update(optional)
    return {"type": "object", "required": sorted(required), "properties": names,
            "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
ANY_TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = thing({"text": TEXT})


def many(items, **more):
    return {"type": "array", "items": items, **more}


ARTIFACT = thing({"uri": {"type": "string", "minLength": 1,
                          "pattern": r"^([A-Za-z0-9._~/-]|%[0-9A-F]{2}|file:///)*$"}},
                 uriBaseId={"const": "%SRCROOT%"})
REGION = thing({"startLine": {"type": "integer", "minimum": 1}},
               startColumn={"type": "integer", "minimum": 1})
LOCATION = thing({}, physicalLocation=thing({"artifactLocation": ARTIFACT, "region": REGION}),
                 logicalLocations=many(thing({"fullyQualifiedName": TEXT, "kind": TEXT})))
RULE = thing({"id": TEXT, "shortDescription": MESSAGE, "fullDescription": MESSAGE,
              "help": MESSAGE, "defaultConfiguration": thing({"level": LEVEL})})
RESULT = thing({"ruleId": TEXT, "ruleIndex": COUNT, "level": LEVEL, "message": MESSAGE,
                "locations": many(LOCATION, minItems=1, maxItems=1),
                "partialFingerprints": thing({"gridform/v1": {"type": "string",
                                                              "pattern": "^[0-9a-f]{32}:[0-9]+$"}}),
                "suppressions": many(thing({"kind": {"enum": ["inSource", "external"]},
                                            "status": {"enum": ["accepted", "underReview",
                                                                "rejected"]},
                                            "justification": TEXT}), maxItems=1)})
RUN = thing({
    "tool": thing({"driver": thing({"name": {"const": "gridform"}, "version": TEXT,
                                    "rules": many(RULE, uniqueItems=True)})}),
    "automationDetails": thing({"id": TEXT}),
    "invocations": many(thing({"executionSuccessful": FLAG},
                              toolExecutionNotifications=many(thing({"level": LEVEL,
                                                                     "message": MESSAGE})))),
    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    "originalUriBaseIds": thing({"%SRCROOT%": thing({"description": MESSAGE})}),
    "results": many(RESULT, maxItems=25000)})
SARIF = thing({"$schema": TEXT, "version": {"const": "2.1.0"},
               "runs": many(RUN, minItems=1, maxItems=1)})

IDENTIFIER = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$"}
OBJECT = {"type": "object"}
MARKS = {"type": ["object", "boolean"]}
IDENTITY = {"address": TEXT, "mode": {"enum": ["managed", "data"]}, "type": IDENTIFIER,
            "name": IDENTIFIER, "index": {"type": ["string", "integer"]}, "provider_name": TEXT}
ACTIONS = {"enum": [["no-op"], ["create"], ["read"], ["update"], ["delete", "create"],
                    ["create", "delete"], ["delete"], ["forget"]]}
CHANGE = thing({"actions": ACTIONS, "before": {"type": ["object", "null"]},
                "after": {"type": ["object", "null"]}, "after_unknown": OBJECT,
                "before_sensitive": MARKS, "after_sensitive": MARKS},
               importing=thing({"id": TEXT}))
RESOURCE_CHANGE = thing({**IDENTITY, "change": CHANGE},
                        action_reason={"enum": ["replace_because_cannot_update",
                                                "delete_because_no_resource_config"]})
VALUE = thing({**IDENTITY, "schema_version": COUNT, "values": OBJECT, "sensitive_values": OBJECT})
VALUES = thing({"root_module": thing({"resources": many(VALUE)})})
TERRAFORM = thing({
    "format_version": {"const": "1.2"}, "terraform_version": {"type": "string",
                                                              "pattern": r"^\d+\.\d+\.\d+$"},
    "variables": OBJECT, "planned_values": VALUES, "resource_drift": many(RESOURCE_CHANGE),
    "resource_changes": many(RESOURCE_CHANGE), "output_changes": OBJECT,
    "prior_state": thing({"format_version": {"const": "1.0"}, "terraform_version": TEXT,
                          "values": VALUES}),
    "configuration": thing({
        "provider_config": {"type": "object", "additionalProperties":
                            thing({"name": TEXT, "full_name": TEXT})},
        "root_module": thing({"resources": many(thing({
            "address": TEXT, "mode": {"const": "managed"}, "type": IDENTIFIER,
            "name": IDENTIFIER, "provider_config_key": TEXT, "schema_version": COUNT,
            "for_each_expression": OBJECT}))})}),
    "applyable": FLAG, "complete": FLAG, "errored": FLAG})
