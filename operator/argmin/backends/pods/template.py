"""The pod template of a run: one container under the restricted security profile; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from argmin.api.pod import EnvVar
from argmin.api.run import DOCUMENT_FILE, DOCUMENT_INPUT, ROOT, TOKEN_AUDIENCE
from argmin.api.sources import Source
from argmin.api.storage import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN
from argmin.backends.run import Run, RunInput, build_environment
from argmin.backends.transfers import list_secrets

CONTAINER = "runner"

PYTHON = "/opt/argmin/venv/bin/python"
"""The runner's interpreter in argmin's image and in those built from it; by its path, since the
user may set PATH."""

USER_ID = 65532
"""User and group of the process, as distroless images number `nonroot`."""

TERMINATION_LOG = "/dev/termination-log"
TOKEN_SECONDS = 3600
GRACE_SECONDS = 60
"""Time for a solver to stop and for its best solution to be delivered."""

_OWN_GROUP_READS = 0o440
_SCRATCH = "/tmp"
_DOCUMENT_PATH = posixpath.join(ROOT, "input", DOCUMENT_INPUT, DOCUMENT_FILE)


@dataclass(frozen=True)
class Mount:
    """A volume and its mount in the container."""

    name: str
    path: str
    volume: dict[str, Any]
    read_only: bool = True

    def to_volume(self) -> dict[str, Any]:
        """The entry of `volumes`."""
        return {"name": self.name, **self.volume}

    def to_mount(self) -> dict[str, Any]:
        """The entry of `volumeMounts`."""
        return {
            "name": self.name,
            "mountPath": self.path,
            **({"readOnly": True} if self.read_only else {}),
        }


def build_template(run: Run, labels: dict[str, str]) -> dict[str, Any]:
    """The pod template of a run's Job."""
    mounts = tuple(_build_mounts(run))
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "nodeSelector": dict(run.node_selector),
        "tolerations": [t.to_wire() for t in run.tolerations],
        "priorityClassName": run.priority_class_name,
        "serviceAccountName": run.service_account_name,
        "imagePullSecrets": [s.to_wire() for s in run.image_pull_secrets],
        "containers": [_build_container(run, mounts)],
        "volumes": [m.to_volume() for m in mounts],
    }
    given = {name: value for name, value in spec.items() if value not in (None, {}, [])}
    return {"metadata": {"labels": labels}, "spec": given}


def name_inline_key(name: str) -> str:
    """Key of an inline input in the run's ConfigMap."""
    return f"input.{name}"


def _build_container(run: Run, mounts: tuple[Mount, ...]) -> dict[str, Any]:
    asked = {"requests": run.resources.requests, "limits": run.resources.limits}
    resources = {name: dict(quantities) for name, quantities in asked.items() if quantities}
    return {
        "name": CONTAINER,
        "image": run.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [PYTHON, "-m", "argmin_solvers", "--document", _DOCUMENT_PATH],
        "env": _build_env(run),
        **({"resources": resources} if resources else {}),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "File",
        "volumeMounts": [m.to_mount() for m in mounts],
    }


def _build_env(run: Run) -> list[dict[str, Any]]:
    """Variables by precedence: argmin's, the user's, the fallbacks; of equal names the last."""
    fallbacks = {"HOME": _SCRATCH}
    own = {"ARGMIN_TERMINATION_LOG": TERMINATION_LOG, **build_environment(run)}
    variables = {name: _plain(name, value) for name, value in fallbacks.items()}
    variables |= {variable.name: _convert_variable(variable) for variable in run.env}
    variables |= {name: _plain(name, value) for name, value in own.items()}
    return list(variables.values())


def _plain(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value}


def _convert_variable(variable: EnvVar) -> dict[str, Any]:
    # A reference stays a reference: the kubelet reads the secret, the operator never does.
    return (
        variable.to_wire() if variable.value_from else _plain(variable.name, variable.value or "")
    )


def _build_mounts(run: Run) -> Iterable[Mount]:
    yield _mount_own_file(run, DOCUMENT_INPUT, DOCUMENT_FILE, DOCUMENT_FILE)
    for item in run.inputs:
        yield from _mount_input(run, item)
    for index, secret in enumerate(list_secrets(run)):
        yield _mount_credentials(f"s3-{index}", secret, run.document.transfers.credentials_root)
    if run.document.intake:
        yield _mount_token(run.document.intake.token_path)
    yield _mount_scratch(run, "output", posixpath.join(ROOT, "output"))
    yield _mount_scratch(run, "tmp", _SCRATCH)
    for index, path in enumerate(_find_output_folders(run)):
        yield _mount_scratch(run, f"output-{index}", path)


def _mount_scratch(run: Run, name: str, path: str) -> Mount:
    """A folder on the node's disk, with a limit so that one run cannot fill it for all pods."""
    size = run.resources.ephemeral_storage
    return Mount(name, path, {"emptyDir": {"sizeLimit": size} if size else {}}, read_only=False)


def _mount_input(run: Run, item: RunInput) -> Iterable[Mount]:
    source: Source = item.source
    if source.inline is not None:
        yield _mount_own_file(run, item.name, name_inline_key(item.name), item.file)
    elif source.config_map_key_ref:
        reference = source.config_map_key_ref
        yield _mount_file(item.name, reference.name, reference.key, item.file)
    elif source.persistent_volume_claim:
        request = {"claimName": source.persistent_volume_claim.claim_name, "readOnly": True}
        yield Mount(_name_input(item.name), _locate(item.name), {"persistentVolumeClaim": request})
    elif source.s3:
        yield _mount_scratch(run, _name_input(item.name), _locate(item.name))


def _mount_own_file(run: Run, name: str, key: str, file: str) -> Mount:
    return _mount_file(name, run.name, key, file)


def _mount_file(name: str, config_map: str, key: str, file: str) -> Mount:
    volume = {"configMap": {"name": config_map, "items": [{"key": key, "path": file}]}}
    return Mount(_name_input(name), _locate(name), volume)


def _name_input(name: str) -> str:
    return f"input-{name}"


def _locate(name: str) -> str:
    return posixpath.join(ROOT, "input", name)


def _mount_token(path: str) -> Mount:
    folder, file = posixpath.split(path)
    token = {"audience": TOKEN_AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": file}
    return Mount("token", folder, {"projected": {"sources": [{"serviceAccountToken": token}]}})


def _mount_credentials(name: str, secret: str, root: str) -> Mount:
    """A Secret's keys as files, so that they are in no environment."""
    needed = {"name": secret, "items": _list_items(ACCESS_KEY_ID, SECRET_ACCESS_KEY)}
    optional = {"name": secret, "items": _list_items(SESSION_TOKEN), "optional": True}
    sources = [{"secret": needed}, {"secret": optional}]
    volume = {"projected": {"sources": sources, "defaultMode": _OWN_GROUP_READS}}
    return Mount(name, posixpath.join(root, secret), volume)


def _list_items(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "path": key} for key in keys]


def _find_output_folders(run: Run) -> list[str]:
    """Folders of `spec.outputs` outside other volumes, since the image itself is read-only."""
    held = [posixpath.join(ROOT, "output"), _SCRATCH]
    folders: list[str] = []
    for path in sorted({posixpath.normpath(output.path) for output in run.document.outputs}):
        if not any(path == above or path.startswith(f"{above}/") for above in held + folders):
            folders.append(path)
    return folders
