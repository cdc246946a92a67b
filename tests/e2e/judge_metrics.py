#!/usr/bin/python3
"""judge_metrics.py: Prometheus' own parser reads what gridform serves.

    judge_metrics.py FILE: prints one sample a line, NAME{label="value",...} VALUE, sorted labels.
"""
import sys

from prometheus_client.parser import text_string_to_metric_families

TYPES = {
    "gridform_build_info": "gauge",
    "gridform_drifted_resources": "gauge",
    "gridform_drifted_attributes": "gauge",
    "gridform_unreadable_resources": "gauge",
    "gridform_checked_resources": "gauge",
    "gridform_checks": "counter",
    "gridform_last_check_timestamp_seconds": "gauge",
    "gridform_last_success_timestamp_seconds": "gauge",
    "gridform_check_duration_seconds": "gauge",
    "gridform_errors": "counter",
    "gridform_provider_calls": "counter",
}

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
families = list(text_string_to_metric_families(text))
found = {family.name: family.type for family in families}
if found != TYPES:
    sys.exit(f"families are not as promised: {found}")
seen = set()
for family in families:
    if not family.documentation:
        sys.exit(f"{family.name}: no help")
    for sample in family.samples:
        labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
        key = sample.name + ("{" + labels + "}" if labels else "")
        if key in seen:
            sys.exit(f"{key}: twice")
        if sample.value < 0:
            sys.exit(f"{key}: below zero")
        seen.add(key)
if len(text.splitlines()) != len(seen) + 2 * len(families):
    sys.exit("the parser passed over some lines")
print(f"{len(seen)} samples of {len(families)} families")
