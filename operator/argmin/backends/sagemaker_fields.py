"""Which field of a spec SageMaker means where it refuses a request; pure."""

from __future__ import annotations

import re

_SETTINGS = "spec.backend.sageMaker"
_FIELDS = {
    "instanceType": f"{_SETTINGS}.instanceType",
    "instanceCount": f"{_SETTINGS}.instanceCount",
    "volumeSizeInGB": f"{_SETTINGS}.volumeSizeGB",
    "volumeKmsKeyId": f"{_SETTINGS}.volumeKmsKeyId",
    "kmsKeyId": f"{_SETTINGS}.outputKmsKeyId",
    "roleArn": f"{_SETTINGS}.roleArn",
    "subnets": f"{_SETTINGS}.network.subnets",
    "securityGroupIds": f"{_SETTINGS}.network.securityGroupIds",
    "maxRuntimeInSeconds": f"{_SETTINGS}.maxRuntimeSeconds",
    "tags": f"{_SETTINGS}.tags",
    "imageUri": "spec.image",
    "environment": "spec.env",
}
"""By the last name in SageMaker's path."""

_VIOLATION = re.compile(
    r"Value (?P<value>.{0,2000}?) at '(?P<path>[\w.]+)' failed to satisfy constraint:"
    r" (?P<constraint>.*?)(?=; Value |$)",
    re.S,
)
_ENUMERATION = re.compile(r"\[([^\[\]]*)\]")
_MOST_VALUES = 3
_MOST_LENGTH = 160


def explain_violations(text: str) -> str:
    """SageMaker's words with fields as a spec has them, and without long lists.

    Words of another form stay as they are.
    """
    found = [_explain(match) for match in _VIOLATION.finditer(text)]
    return "; ".join(found) or text


def _explain(violation: re.Match[str]) -> str:
    names = [name for name in violation["path"].split(".") if not name.isdigit()]
    known = (_FIELDS[name] for name in reversed(names) if name in _FIELDS)
    field = next(known, violation["path"])
    value = _cut(violation["value"].strip("'"))
    constraint = _ENUMERATION.sub(_shorten, violation["constraint"].strip())
    return f'{field}: SageMaker does not take "{value}": {_cut(constraint)}'


def _shorten(enumeration: re.Match[str]) -> str:
    values = enumeration[1].split(", ")
    more = len(values) - _MOST_VALUES
    if more <= 0:
        return enumeration[0]
    return f"[{', '.join(values[:_MOST_VALUES])} and {more} more]"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LENGTH else f"{text[:_MOST_LENGTH]}…"
