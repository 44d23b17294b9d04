"""What a job cannot say of object stores."""

from __future__ import annotations

from typing import Any

from tests.refusals.refusal import SCRIPT, Refusal, with_model

BUCKET = "write the bucket's name alone, such as team-models"
REGION = "write a region such as eu-central-1"
ENDPOINT = "write the URL of the server, such as https://s3.example.org:9000, without path"
KMS_KEY = "write the ID or the ARN of a KMS key, or its alias, such as alias/team"
KEY_OR_PREFIX = "s3 has key, for a file, or prefix, for a folder: write one of them"
RELATIVE = "is relative to the bucket: no / at its start, and none of //, . and .. as a part of it"


def _with_input(**place: Any) -> dict[str, Any]:
    item = {"name": "demand", "source": {"s3": {"bucket": "team", **place}}}
    return with_model(inputs=[item])


def _with_model_at(**place: Any) -> dict[str, Any]:
    return {"model": {"format": "lp", "source": {"s3": {"bucket": "team", **place}}}}


def _with_store(**store: Any) -> dict[str, Any]:
    return with_model(artifacts={"s3": {"bucket": "team", **store}})


def _with_output(**store: Any) -> dict[str, Any]:
    output = {"name": "plan", "path": "/data", "s3": {"bucket": "team", **store}}
    return with_model(outputs=[output])


STORAGE_REFUSALS = (
    Refusal(
        "a source from a bucket and in the image",
        {
            "model": {
                "format": "lp",
                "source": {"image": {"path": "/a"}, "s3": {"bucket": "team", "key": "a.lp"}},
            }
        },
        "spec.model.source",
        "a source is exactly one of inline, configMapKeyRef, image, persistentVolumeClaim or s3",
    ),
    Refusal("a bucket without key", _with_input(), "spec.inputs", KEY_OR_PREFIX),
    Refusal("both key and prefix", _with_input(key="a", prefix="b"), "spec.inputs", KEY_OR_PREFIX),
    Refusal(
        "a key that is a folder",
        _with_input(key="demand/"),
        "spec.inputs",
        "key names a file and does not end with /: write prefix for a folder",
    ),
    *(
        Refusal(f"a key of {key!r}", _with_input(key=key), "spec.inputs", f"key {RELATIVE}")
        for key in ("/a.lp", "a//b", "../a", "a/../b", "a/./b", "a/..", "a\nb")
    ),
    *(
        Refusal(
            f"a prefix of {key!r}", _with_input(prefix=key), "spec.inputs", f"prefix {RELATIVE}"
        )
        for key in ("/", "a//", "..", "./a")
    ),
    Refusal(
        "a model that is a folder",
        _with_model_at(prefix="models/"),
        "spec.model",
        "source.s3 names one file: write its key",
    ),
    Refusal(
        "a program that is a folder",
        {"script": {"source": {"s3": {"bucket": "team", "prefix": "programs/"}}}},
        "spec.script",
        "source.s3 names one file: write its key",
    ),
    *(
        Refusal(
            f"a bucket of {bucket!r}",
            _with_model_at(key="a.lp", bucket=bucket),
            "spec.model.source.s3.bucket",
            BUCKET,
        )
        for bucket in ("s3://team", "Team", "ab", "team-", "arn:aws:s3:::team", "team/models")
    ),
    Refusal(
        "a region that is none",
        _with_model_at(key="a.lp", region="Frankfurt"),
        "spec.model.source.s3.region",
        REGION,
    ),
    *(
        Refusal(
            f"an endpoint of {endpoint}",
            _with_store(endpoint=endpoint),
            "spec.artifacts.s3.endpoint",
            ENDPOINT,
        )
        for endpoint in (
            *("s3.example.org", "ftp://s3.example.org", "https://s3.example.org/bucket"),
            *("https://me:secret@s3.example.org", "https://s3.example.org?a=b", "https://a b"),
        )
    ),
    Refusal(
        "a key of KMS that is none",
        _with_store(kmsKeyId="my key"),
        "spec.artifacts.s3.kmsKeyId",
        KMS_KEY,
    ),
    Refusal(
        "a store without a bucket",
        with_model(artifacts={"s3": {"prefix": "results"}}),
        "spec.artifacts.s3.bucket",
        "is missing: write it",
        server_message="Required value",
        model_message="Field required",
    ),
    Refusal(
        "no store at all",
        with_model(artifacts={}),
        "spec.artifacts.s3",
        "is missing: write it",
        server_message="Required value",
        model_message="Field required",
    ),
    Refusal(
        "a store above its bucket",
        _with_store(prefix="../results"),
        "spec.artifacts.s3",
        f"prefix {RELATIVE}",
    ),
    Refusal(
        "an output above its bucket",
        _with_output(prefix="/plans"),
        "spec.outputs",
        f"prefix {RELATIVE}",
    ),
    Refusal(
        "an output in a bucket that is none",
        {
            "script": SCRIPT,
            "outputs": [{"name": "plan", "path": "/data", "s3": {"bucket": "s3://team"}}],
        },
        "spec.outputs",
        BUCKET,
    ),
    Refusal(
        "credentials without the name of a Secret",
        _with_store(credentialsSecret={}),
        "spec.artifacts.s3.credentialsSecret.name",
        "is missing: write it",
        server_message="Required value",
        model_message="Field required",
    ),
)
