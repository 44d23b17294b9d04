"""Rules of a spec on what the backend that it requests can take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from argmin.api.backend import Backend
from argmin.api.base import Rule
from argmin.api.files import Input, Output
from argmin.api.pod import EnvVar
from argmin.api.sources import Source
from argmin.api.storage import Artifacts, S3Bucket


class _File(Protocol):
    @property
    def source(self) -> Source: ...


class _Spec(Protocol):
    """The fields of a spec that these rules read."""

    @property
    def backend(self) -> Backend | None: ...
    @property
    def model(self) -> _File | None: ...
    @property
    def script(self) -> _File | None: ...
    @property
    def inputs(self) -> Sequence[Input]: ...
    @property
    def outputs(self) -> Sequence[Output]: ...
    @property
    def artifacts(self) -> Artifacts | None: ...
    @property
    def env(self) -> Sequence[EnvVar]: ...


_OUTPUT_ROOT = "/opt/ml/processing/"
_NO_SECRET = "argmin reads no Secret and so can pass none on to SageMaker"


def _list_sources(spec: _Spec) -> tuple[Source, ...]:
    first = [part.source for part in (spec.model, spec.script) if part]
    return (*first, *(item.source for item in spec.inputs))


def _list_places(spec: _Spec) -> tuple[S3Bucket, ...]:
    """Where in object stores the files are, apart from the result."""
    sources = tuple(source.s3 for source in _list_sources(spec) if source.s3)
    return (*sources, *(output.s3 for output in spec.outputs if output.s3))


def _has_store_of_its_own(spec: _Spec) -> bool:
    store = spec.artifacts and spec.artifacts.s3
    return bool(store and (store.endpoint or store.credentials_secret))


def _refuse(cel: str, message: str, asks: Callable[[_Spec], bool]) -> Rule:
    """A rule that a job on SageMaker may not ask for something."""
    return Rule(
        cel=f"!(has(self.backend) && has(self.backend.sageMaker) && {cel})",
        message=message,
        holds=lambda s: not (s.backend and s.backend.sage_maker and asks(s)),
    )


BACKEND_RULES = (
    _refuse(
        "((has(self.model) && has(self.model.source.persistentVolumeClaim))"
        " || (has(self.script) && has(self.script.source.persistentVolumeClaim))"
        " || (has(self.inputs) && self.inputs.exists(i, has(i.source.persistentVolumeClaim))))",
        "a persistentVolumeClaim is of this cluster and SageMaker cannot read it:"
        " put the file into a bucket and name it by s3",
        lambda s: any(source.persistent_volume_claim for source in _list_sources(s)),
    ),
    _refuse(
        "has(self.artifacts)"
        " && (has(self.artifacts.s3.endpoint) || has(self.artifacts.s3.credentialsSecret))",
        "on SageMaker the result goes to Amazon S3 by the role of the job:"
        " remove endpoint and credentialsSecret of spec.artifacts.s3",
        _has_store_of_its_own,
    ),
    _refuse(
        "has(self.env) && self.env.exists(e, has(e.valueFrom) && has(e.valueFrom.secretKeyRef))",
        f"{_NO_SECRET}: have the program read AWS Secrets Manager by the role of the job",
        lambda s: any(e.value_from and e.value_from.secret_key_ref for e in s.env),
    ),
    _refuse(
        "((has(self.model) && has(self.model.source.s3)"
        " && has(self.model.source.s3.credentialsSecret))"
        " || (has(self.script) && has(self.script.source.s3)"
        " && has(self.script.source.s3.credentialsSecret))"
        " || (has(self.inputs) && self.inputs.exists(i, has(i.source.s3)"
        " && has(i.source.s3.credentialsSecret)))"
        " || (has(self.outputs) && self.outputs.exists(o, has(o.s3)"
        " && has(o.s3.credentialsSecret))))",
        f"{_NO_SECRET}: remove credentialsSecret, and let the role of the job read and"
        " write the bucket",
        lambda s: any(place.credentials_secret for place in _list_places(s)),
    ),
    _refuse(
        f"has(self.outputs) && self.outputs.exists(o, !o.path.startsWith('{_OUTPUT_ROOT}'))",
        "SageMaker keeps what is below /opt/ml/processing: put spec.outputs there",
        lambda s: any(not output.path.startswith(_OUTPUT_ROOT) for output in s.outputs),
    ),
)
"""What a job on SageMaker cannot have. Where SageMaker is the namespace's default, only the
operator can check it."""
