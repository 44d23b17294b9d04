"""Checks whether SageMaker can execute a run, before any call; pure.

Each problem names the field and says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from argmin.api.backend import SageMakerBackend
from argmin.api.files import Output
from argmin.api.pod import ConfigMapKeyRef, EnvVar
from argmin.api.run import ROOT
from argmin.api.storage import S3Bucket, S3Store
from argmin.backends.field_paths import name_input
from argmin.backends.run import Run, build_environment
from argmin.backends.sagemaker.document import is_elsewhere
from argmin.backends.sagemaker.job_type import JobLimits
from argmin.backends.sagemaker.jobs import find_job_type

MOST_TAGS = 50
OWN_TAGS = 4
MOST_PATH = 256
MOST_IMAGE = 255
MOST_URI = 1024

_VARIABLE = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
_SETTINGS = "spec.backend.sageMaker"
_STORE = "spec.artifacts.s3"
_NO_SECRETS = (
    "argmin reads no Secret and passes none on: remove it, and let the job's role"
    f" ({_SETTINGS}.roleArn) have access"
)


class UnfitRunError(ValueError):
    """A run that cannot be a job of SageMaker; each problem names a field and what to write."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def list_problems(
    run: Run,
    settings: SageMakerBackend,
    store: S3Store,
    contents: Mapping[ConfigMapKeyRef, bytes],
) -> tuple[str, ...]:
    """All problems of a run on SageMaker."""
    limits = find_job_type(run).limits
    return (
        *_check_settings(run, settings),
        *_check_store(settings, store),
        *_check_inputs(run, settings, contents, limits),
        *_check_outputs(run, settings, store, limits),
        *_check_environment(run, contents, limits),
    )


def _check_settings(run: Run, settings: SageMakerBackend) -> Iterator[str]:
    for field, example in (
        ("instanceType", "ml.m5.large"),
        ("roleArn", "arn:aws:iam::111122223333:role/argmin-job"),
    ):
        value = settings.instance_type if field == "instanceType" else settings.role_arn
        if value is None:
            yield (
                f"{_SETTINGS}.{field} is missing, and the namespace has no default:"
                f" write one, such as {example}"
            )
    if len(run.image) > MOST_IMAGE:
        yield f"spec.image: SageMaker takes at most {MOST_IMAGE} characters"
    count = len(settings.tags)
    if count > MOST_TAGS - OWN_TAGS:
        yield (
            f"{_SETTINGS}.tags: with those of the namespace there are {count}; SageMaker takes"
            f" {MOST_TAGS - OWN_TAGS} besides argmin's own"
        )


def _check_store(settings: SageMakerBackend, store: S3Store) -> Iterator[str]:
    if store.endpoint:
        yield f"{_STORE}.endpoint: on SageMaker the result goes to Amazon S3: remove the endpoint"
    elif is_elsewhere(store, settings):
        yield (
            f"{_STORE}.region: SageMaker writes to buckets of its own region,"
            f" {settings.region}, and not of {store.region}: name another bucket"
        )
    if store.credentials_secret:
        yield f"{_STORE}.credentialsSecret: {_NO_SECRETS}"


def _check_inputs(
    run: Run,
    settings: SageMakerBackend,
    contents: Mapping[ConfigMapKeyRef, bytes],
    limits: JobLimits,
) -> Iterator[str]:
    moved = 1  # the job document
    for item in run.inputs:
        field = f"{name_input(run, item)}.source"
        source = item.source
        if source.persistent_volume_claim:
            yield (
                f"{field}.persistentVolumeClaim: it is of this cluster and SageMaker cannot read"
                " it: put the file into a bucket, and name it by s3"
            )
        if source.image and len(source.image.path) > limits.variable_text:
            yield f"{field}.image.path: SageMaker takes at most {limits.variable_text} characters"
        if source.config_map_key_ref:
            yield from _check_reference(
                f"{field}.configMapKeyRef", source.config_map_key_ref, contents
            )
        if source.s3:
            yield from _check_location(f"{field}.s3", source.s3, settings)
            moved += not is_elsewhere(source.s3, settings)
    if moved > limits.inputs:
        yield (
            f"spec.inputs: SageMaker fetches {limits.inputs - 1} places of S3 for a job, and"
            f" {moved - 1} are named: put files into one folder, and name it by prefix"
        )


def _check_reference(
    field: str, reference: ConfigMapKeyRef, contents: Mapping[ConfigMapKeyRef, bytes]
) -> Iterator[str]:
    if reference not in contents:
        yield f"{field}: ConfigMap {reference.name} has no key {reference.key}: create it"


def _check_location(field: str, location: S3Bucket, settings: SageMakerBackend) -> Iterator[str]:
    if location.credentials_secret:
        yield f"{field}.credentialsSecret: {_NO_SECRETS}"
    if settings.network.isolation and is_elsewhere(location, settings):
        part = "endpoint" if location.endpoint else "region"
        yield (
            f"{field}.{part}: the run itself has to go there, and it has no network: use a bucket"
            f" of Amazon S3 in the region of the job, or set {_SETTINGS}.network.isolation: false"
        )
    path = getattr(location, "key", None) or getattr(location, "prefix", "")
    uri = f"s3://{location.bucket}/{path}/"
    if len(uri) > MOST_URI:
        yield f"{field}: SageMaker takes at most {MOST_URI} characters, with s3:// and the bucket"


def _check_outputs(
    run: Run, settings: SageMakerBackend, store: S3Store, limits: JobLimits
) -> Iterator[str]:
    moved = 1  # argmin's own
    for output in run.document.outputs:
        yield from _check_output(run, output, settings)
        moved += not (output.s3 and is_elsewhere(output.s3, settings))
    if moved > limits.outputs:
        yield (
            f"spec.outputs: SageMaker keeps {limits.outputs - 1} folders of a job, and"
            f" {moved - 1} are named: write into subfolders of one"
        )
    yield from _check_keys(run, settings, store)


def _check_output(run: Run, output: Output, settings: SageMakerBackend) -> Iterator[str]:
    field = f"spec.outputs[{output.name}]"
    if not output.path.startswith(f"{ROOT}/"):
        yield f"{field}.path: SageMaker keeps what is below {ROOT}: put it there"
    if len(output.path) > MOST_PATH:
        yield f"{field}.path: SageMaker takes at most {MOST_PATH} characters"
    if output.s3:
        yield from _check_location(f"{field}.s3", output.s3, settings)


def _check_keys(run: Run, settings: SageMakerBackend, store: S3Store) -> Iterator[str]:
    locations = [store, *(output.s3 for output in run.document.outputs if output.s3)]
    named = [settings.output_kms_key_id] + [
        location.kms_key_id for location in locations if not is_elsewhere(location, settings)
    ]
    keys = dict.fromkeys(key for key in named if key)
    if len(keys) > 1:
        yield (
            "kmsKeyId: SageMaker encrypts all outputs of a job by one key, and there are"
            f" {', '.join(keys)}: name one, in {_SETTINGS}.outputKmsKeyId"
        )


def _check_environment(
    run: Run, contents: Mapping[ConfigMapKeyRef, bytes], limits: JobLimits
) -> Iterator[str]:
    for variable in run.env:
        yield from _check_variable(variable, contents, limits)
    count = len({variable.name for variable in run.env} | build_environment(run).keys()) + 1
    if count > limits.variables:
        yield (
            f"spec.env: with argmin's own there are {count} variables; SageMaker takes"
            f" {limits.variables}"
        )


def _check_variable(
    variable: EnvVar, contents: Mapping[ConfigMapKeyRef, bytes], limits: JobLimits
) -> Iterator[str]:
    field, limit = f"spec.env[{variable.name}]", limits.variable_text
    if not _VARIABLE.fullmatch(variable.name):
        yield f"{field}.name: SageMaker takes letters, digits and _ only"
    if len(variable.name) > limit:
        yield f"{field}.name: SageMaker takes at most {limit} characters"
    source = variable.value_from
    if source is None:
        yield from _check_value(f"{field}.value", (variable.value or "").encode(), limit)
    elif source.config_map_key_ref is None:
        yield (f"{field}.valueFrom.secretKeyRef: {_NO_SECRETS} to it in AWS Secrets Manager")
    else:
        path = f"{field}.valueFrom.configMapKeyRef"
        yield from _check_reference(path, source.config_map_key_ref, contents)
        yield from _check_value(path, contents.get(source.config_map_key_ref, b""), limit)


def _check_value(field: str, value: bytes, limit: int) -> Iterator[str]:
    try:
        length = len(value.decode())
    except UnicodeDecodeError:
        yield f"{field}: the value of a variable is text in UTF-8, and this is not"
        return
    if length > limit:
        yield (
            f"{field}: SageMaker takes at most {limit} characters, and it has {length}:"
            " pass it on as a file, in spec.inputs"
        )
