"""S3: objects and the listing of buckets."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.iam.call import Call
from tests.aws.iam.request import ContextValue, Request
from tests.aws.iam.services.kms import use_key_via

_LISTING = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}


def name_bucket(call: Call) -> str:
    """The ARN of the bucket that a call names."""
    return f"arn:aws:s3:::{call.parameters['Bucket']}"


def name_object(call: Call) -> str:
    """The ARN of the object that a call names."""
    return f"{name_bucket(call)}/{call.parameters['Key']}"


def get_object(call: Call) -> tuple[Request, ...]:
    """Reading; whoever asks for what is not there has to be allowed to know what is."""
    requests = [_ask_about_object(call, "s3:GetObject")]
    if not call.target.exists:
        requests.append(call.request("s3:ListBucket", name_bucket(call)))
    elif call.target.kms_key_arn:
        requests.append(_use_key(call, "kms:Decrypt", call.target.kms_key_arn))
    return tuple(requests)


def put_object(call: Call) -> tuple[Request, ...]:
    """Writing; with a key of KMS, named in the call or the bucket's default."""
    key = call.parameters.get("SSEKMSKeyId", call.target.kms_key_arn)
    requests = [_ask_about_object(call, "s3:PutObject")]
    if key:
        requests.append(_use_key(call, "kms:GenerateDataKey", key))
    return tuple(requests)


def upload_part(call: Call) -> tuple[Request, ...]:
    """A part of an upload; S3 decrypts the data key that the upload was begun with."""
    requests = [_ask_about_object(call, "s3:PutObject")]
    if call.target.kms_key_arn:
        requests.append(_use_key(call, "kms:Decrypt", call.target.kms_key_arn))
    return tuple(requests)


def delete_objects(call: Call) -> tuple[Request, ...]:
    """One request for all keys, each of which has to be allowed."""
    bucket = name_bucket(call)
    keys = [entry["Key"] for entry in call.parameters["Delete"]["Objects"]]
    return (call.request("s3:DeleteObject", *(f"{bucket}/{key}" for key in keys)),)


def list_objects(call: Call) -> tuple[Request, ...]:
    """Listing: an action on the bucket, bound by the prefix that is asked for."""
    context: dict[str, ContextValue] = {
        key: str(call.parameters[name])
        for key, name in _LISTING.items()
        if call.parameters.get(name) is not None
    }
    return (call.request("s3:ListBucket", name_bucket(call), context=context),)


def _ask_about_object(call: Call, action: str) -> Request:
    context: dict[str, ContextValue] = {}
    if action == "s3:PutObject":
        if "ServerSideEncryption" in call.parameters:
            context["s3:x-amz-server-side-encryption"] = call.parameters["ServerSideEncryption"]
        if "SSEKMSKeyId" in call.parameters:
            key = call.parameters["SSEKMSKeyId"]
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = key
    return call.request(action, name_object(call), context=context)


def _use_key(call: Call, action: str, key: str) -> Request:
    return use_key_via(call, action, key, "s3", name_object(call))


def _on_object(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (_ask_about_object(call, action),)


def _on_bucket(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action, name_bucket(call)),)


OPERATIONS = {
    "AbortMultipartUpload": _on_object("s3:AbortMultipartUpload"),
    "CompleteMultipartUpload": upload_part,
    "CreateMultipartUpload": put_object,
    "DeleteObject": _on_object("s3:DeleteObject"),
    "DeleteObjects": delete_objects,
    "GetBucketLocation": _on_bucket("s3:GetBucketLocation"),
    "GetObject": get_object,
    "HeadBucket": _on_bucket("s3:ListBucket"),
    "HeadObject": get_object,
    "ListMultipartUploads": _on_bucket("s3:ListBucketMultipartUploads"),
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects,
    "ListParts": _on_object("s3:ListMultipartUploadParts"),
    "PutObject": put_object,
    "UploadPart": upload_part,
}
