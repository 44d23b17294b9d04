"""Inputs and environment of a local run, from the sources that the user gave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argmin.api.pod import ConfigMapKeyRef, EnvVar, SecretKeyRef
from argmin.api.run import SOURCE_INPUT
from argmin.api.sources import ClaimPath, ImagePath
from argmin.api.validation import suggest
from argmin.backends.run import Run, RunInput

Keys = Mapping[str, bytes]
"""The content of one ConfigMap or Secret."""


@dataclass(frozen=True)
class Sources:
    """What the run may refer to, by name."""

    config_maps: Mapping[str, Keys] = field(default_factory=dict)
    secrets: Mapping[str, Keys] = field(default_factory=dict)
    volumes: Mapping[str, Path] = field(default_factory=dict)
    """Folders that replace persistent volume claims, by claim name."""


class MissingSourceError(ValueError):
    """The run refers to sources that were not given; one message for each says what to do."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = tuple(messages)


class _MissingError(LookupError):
    """One source that was not given."""


def place_inputs(run: Run, sources: Sources, root: Path) -> None:
    """Write every input to its folder `<root>/input/<name>/…`.

    Raises:
        MissingSourceError: naming all that is missing; nothing is written then.
    """
    check_sources(run, sources)
    for item in run.inputs:
        _place(item, sources, root / "input" / item.name)


def resolve_environment(run: Run, sources: Sources) -> dict[str, str]:
    """The values of `spec.env`.

    Raises:
        MissingSourceError: a reference cannot be resolved.
    """
    check_sources(run, sources)
    return {variable.name: _read_variable(variable, sources) for variable in run.env}


def check_sources(run: Run, sources: Sources) -> None:
    """Raise `MissingSourceError` with all sources that the run refers to and were not given."""
    messages = [*_check_inputs(run, sources), *_check_variables(run, sources)]
    if messages:
        raise MissingSourceError(messages)


def _check_inputs(run: Run, sources: Sources) -> Iterator[str]:
    for index, item in enumerate(run.inputs):
        try:
            _check_input(item, sources)
        except _MissingError as missing:
            # The source itself comes first, ahead of spec.inputs.
            yield f"{_name_field(run, item, index - 1)}.{missing}"


def _name_field(run: Run, item: RunInput, index: int) -> str:
    if item.name == SOURCE_INPUT and index < 0:
        return f"{run.document.task.FIELD}.source"
    return f"spec.inputs[{index}].source"


def _check_input(item: RunInput, sources: Sources) -> None:
    source = item.source
    if source.config_map_key_ref:
        _read_config_map(source.config_map_key_ref, sources)
    if source.image:
        _check_image(source.image)
    if source.persistent_volume_claim:
        _find_volume(source.persistent_volume_claim, sources)


def _check_variables(run: Run, sources: Sources) -> Iterator[str]:
    for index, variable in enumerate(run.env):
        try:
            _read_variable(variable, sources)
        except _MissingError as missing:
            yield f"spec.env[{index}].valueFrom.{missing}"


def _read_variable(variable: EnvVar, sources: Sources) -> str:
    origin = variable.value_from
    if origin is None:
        return variable.value or ""
    if origin.secret_key_ref:
        content = _read_secret(origin.secret_key_ref, sources)
    else:
        assert origin.config_map_key_ref is not None, "a rule of the API: one of the two"
        content = _read_config_map(origin.config_map_key_ref, sources)
    if b"\0" in content:
        raise _MissingError(f"{variable.name}: the value holds a zero byte: no variable can")
    return os.fsdecode(content)


def _read_config_map(reference: ConfigMapKeyRef, sources: Sources) -> bytes:
    return _read_key("configMapKeyRef", "ConfigMap", reference, sources.config_maps)


def _read_secret(reference: SecretKeyRef, sources: Sources) -> bytes:
    return _read_key("secretKeyRef", "Secret", reference, sources.secrets)


def _read_key(
    field_name: str,
    kind: str,
    reference: ConfigMapKeyRef | SecretKeyRef,
    objects: Mapping[str, Keys],
) -> bytes:
    keys = objects.get(reference.name)
    if keys is None:
        raise _MissingError(
            f"{field_name}: {kind} {reference.name} is in none of the files given"
            f"{suggest(reference.name, objects)}: add the file that holds it with -f"
        )
    if reference.key not in keys:
        raise _MissingError(
            f"{field_name}: {kind} {reference.name} has no key {reference.key}"
            f"{suggest(reference.key, keys)}; it has: {', '.join(sorted(keys)) or 'none'}"
        )
    return keys[reference.key]


def _check_image(image: ImagePath) -> None:
    if not Path(image.path).exists():
        raise _MissingError(
            f"image.path: {image.path} is a path in the run's image, and this machine has no"
            " such file: put it there, or use inline or configMapKeyRef"
        )


def _find_volume(claim: ClaimPath, sources: Sources) -> Path:
    folder = sources.volumes.get(claim.claim_name)
    if folder is None:
        raise _MissingError(
            f"persistentVolumeClaim: {claim.claim_name} is a volume of the cluster: name a folder"
            f" in its place with --volume {claim.claim_name}=DIR"
        )
    if not (folder / claim.path).exists():
        raise _MissingError(f"persistentVolumeClaim.path: {folder / claim.path} does not exist")
    return folder.resolve()


def _place(item: RunInput, sources: Sources, folder: Path) -> None:
    source = item.source
    if source.persistent_volume_claim:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(_find_volume(source.persistent_volume_claim, sources))
    elif source.config_map_key_ref:
        _write(folder / item.file, _read_config_map(source.config_map_key_ref, sources))
    elif source.inline is not None:
        _write(folder / item.file, source.inline.encode())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
