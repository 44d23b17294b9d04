"""KMS: the keys that others use on a caller's behalf."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.iam.call import Call
from tests.aws.iam.request import ContextValue, Request


def name_key(call: Call, key: str) -> str:
    """The ARN of a key that is given by its id, its alias or its ARN."""
    if key.startswith("arn:"):
        return key
    return call.name_resource("kms", key if key.startswith("alias/") else f"key/{key}")


def use_key(
    call: Call, action: str, key: str, context: dict[str, ContextValue] | None = None
) -> Request:
    """One use of a key, such as kms:Decrypt."""
    keys: dict[str, ContextValue] = {"kms:CallerAccount": call.principal.account}
    return call.request(action, name_key(call, key), context={**keys, **(context or {})})


def use_key_via(call: Call, action: str, key: str, service: str, encrypted: str) -> Request:
    """One use of a key by a service such as `s3`, for what it encrypts."""
    keys: dict[str, ContextValue] = {
        "kms:ViaService": f"{service}.{call.region}.amazonaws.com",
        f"kms:EncryptionContext:aws:{service}:arn": encrypted,
    }
    return use_key(call, action, key, keys)


def _build(action: str) -> Callable[[Call], tuple[Request, ...]]:
    def build(call: Call) -> tuple[Request, ...]:
        return (use_key(call, action, call.parameters["KeyId"]),)

    return build


def create_grant(call: Call) -> tuple[Request, ...]:
    """A grant; SageMaker makes one for the volume of an instance, through EC2."""
    context: dict[str, ContextValue] = {
        "kms:GrantIsForAWSResource": str(call.parameters.get("ForResource", False)).lower()
    }
    return (use_key(call, "kms:CreateGrant", call.parameters["KeyId"], context),)


OPERATIONS = {
    "CreateGrant": create_grant,
    "Decrypt": _build("kms:Decrypt"),
    "DescribeKey": _build("kms:DescribeKey"),
    "Encrypt": _build("kms:Encrypt"),
    "GenerateDataKey": _build("kms:GenerateDataKey"),
}
