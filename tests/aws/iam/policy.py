"""IAM's policies as models: read strictly, so that a mistake is an error and not a hole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from tests.aws.iam.conditions import Condition, read_conditions
from tests.aws.iam.errors import MalformedPolicyError
from tests.aws.iam.patterns import has_open_variable

_PRINCIPAL = re.compile(r"[0-9]{12}|arn:[^*?]+")

VERSION_WITH_VARIABLES = "2012-10-17"


class PolicyKind(StrEnum):
    """What a policy is attached to, as AWS's messages call it."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _as_texts(value: Any) -> Any:
    return [_as_text(item) for item in _as_list(value)]


def _as_principals(value: Any) -> Any:
    return {"AWS": ["*"]} if value == "*" else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Values = Annotated[tuple[str, ...], BeforeValidator(_as_texts)]
PrincipalType = Literal["AWS", "Service", "Federated", "CanonicalUser"]
Principals = Annotated[dict[PrincipalType, Texts], BeforeValidator(_as_principals)]


class _Element(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Statement(_Element):
    """One statement of a policy."""

    sid: str = Field(default="", alias="Sid", pattern=r"^[A-Za-z0-9]*$")
    effect: Literal["Allow", "Deny"] = Field(alias="Effect")
    action: Texts | None = Field(default=None, alias="Action")
    not_action: Texts | None = Field(default=None, alias="NotAction")
    resource: Texts | None = Field(default=None, alias="Resource")
    not_resource: Texts | None = Field(default=None, alias="NotResource")
    principal: Principals | None = Field(default=None, alias="Principal")
    not_principal: Principals | None = Field(default=None, alias="NotPrincipal")
    condition: dict[str, dict[str, Values]] = Field(default_factory=dict, alias="Condition")

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The Condition element, an entry for each operator and key; all of them must hold."""
        return read_conditions(self.condition, self.sid)


class Policy(_Element):
    """A policy document; make one with `read_policy`, which also checks what it is for."""

    # Without a version IAM takes the older one, in which `${…}` is plain text.
    version: Literal["2012-10-17", "2008-10-17"] = Field(default="2008-10-17", alias="Version")
    id: str = Field(default="", alias="Id")
    statement: Annotated[tuple[Statement, ...], BeforeValidator(_as_list)] = Field(
        alias="Statement", min_length=1
    )
    kind: PolicyKind = PolicyKind.IDENTITY

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` in this policy is a variable."""
        return self.version == VERSION_WITH_VARIABLES

    def to_wire(self) -> dict[str, Any]:
        """The document, as IAM takes it."""
        return self.model_dump(by_alias=True, exclude_defaults=True, exclude={"kind"})


def read_policy(
    document: str | Mapping[str, Any], kind: PolicyKind = PolicyKind.IDENTITY
) -> Policy:
    """Read a policy from JSON text or from what was parsed from it.

    Raises:
        MalformedPolicyError: naming the statement and the element, and what to write instead.
    """
    content = _parse(document) if isinstance(document, str) else dict(document)
    if "kind" in content:
        raise MalformedPolicyError("kind", "IAM has no such element: remove it")
    try:
        policy = Policy.model_validate({**content, "kind": kind})
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0], content) from None
    _check_sids(policy)
    for number, statement in enumerate(policy.statement):
        _check_statement(statement, _name_statement(number, statement.sid), kind)
    return policy


def _parse(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, object_pairs_hook=_refuse_repeated)
    except json.JSONDecodeError as error:
        raise MalformedPolicyError("", f"the policy is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise MalformedPolicyError("", "a policy is a JSON object with Version and Statement")
    return content


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise MalformedPolicyError(repeated, "stands twice in one object: IAM reads only one")
    return content


def _check_sids(policy: Policy) -> None:
    sids = [statement.sid for statement in policy.statement if statement.sid]
    for sid in sids:
        if sids.count(sid) > 1:
            raise MalformedPolicyError("Sid", "is used twice: choose another", f"statement {sid}")


def _check_statement(statement: Statement, name: str, kind: PolicyKind) -> None:
    _check_presence(statement, name, kind)
    _check_texts(statement, name)
    _check_principals(statement, name)
    read_conditions(statement.condition, name)


def _check_presence(statement: Statement, name: str, kind: PolicyKind) -> None:
    _require_one(name, "Action", statement.action, statement.not_action)
    if kind is PolicyKind.TRUST:
        _refuse(name, "Resource", "a trust policy is about its own role", statement.resource)
        _refuse(name, "NotResource", "a trust policy is about its own role", statement.not_resource)
    else:
        _require_one(name, "Resource", statement.resource, statement.not_resource)
    if kind in (PolicyKind.TRUST, PolicyKind.RESOURCE):
        _require_one(name, "Principal", statement.principal, statement.not_principal)
    else:
        meant = "the policy is about whom it is attached to"
        _refuse(name, "Principal", meant, statement.principal)
        _refuse(name, "NotPrincipal", meant, statement.not_principal)


def _require_one(name: str, element: str, *given: object) -> None:
    if sum(value is not None for value in given) != 1:
        raise MalformedPolicyError(element, f"write exactly one of {element}, Not{element}", name)


def _refuse(name: str, element: str, why: str, value: object) -> None:
    if value is not None:
        raise MalformedPolicyError(element, f"{why}: remove it", name)


def _check_texts(statement: Statement, name: str) -> None:
    elements: dict[str, Sequence[str] | None] = {
        "Action": statement.action,
        "NotAction": statement.not_action,
        "Resource": statement.resource,
        "NotResource": statement.not_resource,
    }
    for element, texts in elements.items():
        if texts is not None and not texts:
            raise MalformedPolicyError(element, "is empty: write at least one", name)
        for text in texts or ():
            problem = _check_action(text) if "Action" in element else _check_resource(text)
            if problem:
                raise MalformedPolicyError(element, problem, name)


def _check_principals(statement: Statement, name: str) -> None:
    elements = {"Principal": statement.principal, "NotPrincipal": statement.not_principal}
    for element, principals in elements.items():
        for text in (principals or {}).get("AWS", ()):
            if text != "*" and not _PRINCIPAL.fullmatch(text):
                raise MalformedPolicyError(
                    f"{element} AWS",
                    f"{text!r} is nobody: write *, an account, or an ARN without wildcards",
                    name,
                )


def _check_action(text: str) -> str | None:
    service, colon, action = text.partition(":")
    if text == "*" or (colon and action and service and not set("*? ") & set(service)):
        return None
    return f"{text!r} is no action: write service:Action, such as s3:GetObject"


def _check_resource(text: str) -> str | None:
    if text == "*":
        return None
    if has_open_variable(text):
        return f"{text!r} has a policy variable without its end: write ${{key}}"
    segments = text.split(":", 5)
    if segments[0] != "arn" or (len(segments) < 6 and not text.endswith("*")):
        return f"{text!r} is no ARN: write arn:partition:service:region:account:resource, or *"
    if len(segments) < 4 or not segments[2] or set("*?") & set(segments[2]):
        return f"{text!r} does not name the service: no wildcard may stand in its place"
    return None


def _name_statement(number: int, sid: str) -> str:
    return f"statement {number + 1}" + (f" ({sid})" if sid else "")


_PHRASES = {
    "missing": "is missing: write it",
    "extra_forbidden": "IAM has no such element: remove it",
    "string_type": "write text",
    "dict_type": "write an object",
    "model_type": "write an object",
    "too_short": "is empty: write at least one",
    "string_pattern_mismatch": "write letters and digits only",
}


def _explain(detail: ErrorDetails, content: Mapping[str, Any]) -> MalformedPolicyError:
    element, statement = [str(part) for part in detail["loc"]], ""
    if len(detail["loc"]) > 1 and detail["loc"][0] == "Statement":
        number = int(detail["loc"][1])
        written = _as_list(content["Statement"])[number]
        sid = written.get("Sid", "") if isinstance(written, Mapping) else ""
        element, statement = element[2:], _name_statement(number, str(sid))
    expected = detail.get("ctx", {}).get("expected")
    phrase = f"write {expected}" if expected else _PHRASES.get(detail["type"], detail["msg"])
    return MalformedPolicyError(" ".join(element), phrase, statement)
