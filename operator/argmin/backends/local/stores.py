"""Object stores of a local run: which transfers are made, and with whose credentials."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from argmin.api.run import Transfers
from argmin.api.storage import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, S3Bucket
from argmin.backends.local.inputs import MissingSourceError, Sources
from argmin.backends.run import Run
from argmin.backends.transfers import list_secrets

Place = TypeVar("Place", bound=S3Bucket)

_KEYS = (ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN)


def localise_transfers(run: Run, given: Collection[str], root: Path, *, uploads: bool) -> Run:
    """The run with the transfers that it makes on this machine.

    Inputs are downloaded; outputs are uploaded only on request. A Secret that is not among the
    `given` ones is replaced by the user's own credentials.
    """
    paths = {output.name: output.path for output in run.document.outputs}
    chosen = _choose(run.document.transfers, uploads)
    transfers = Transfers(
        downloads=tuple(
            item.model_copy(update={"source": _identify(item.source, given)})
            for item in chosen.downloads
        ),
        uploads=tuple(
            item.model_copy(
                update={"path": paths[item.name], "target": _identify(item.target, given)}
            )
            for item in chosen.uploads
        ),
        result=chosen.result and _identify(chosen.result, given),
        credentials_root=str(locate_credentials(root)),
    )
    return _replace_transfers(run, transfers)


def list_own_locations(run: Run, given: Collection[str], *, uploads: bool) -> tuple[str, ...]:
    """Names of the Secrets that the user's own credentials replace."""
    chosen = _replace_transfers(run, _choose(run.document.transfers, uploads))
    return tuple(name for name in list_secrets(chosen) if name not in given)


def place_credentials(run: Run, sources: Sources, root: Path) -> None:
    """Write the Secrets that the run's transfers need, as they are mounted in a pod.

    Raises:
        MissingSourceError: a Secret lacks a key.
    """
    names = list_secrets(run)
    messages = [message for name in names for message in _check(name, sources)]
    if messages:
        raise MissingSourceError(messages)
    for name in names:
        folder = locate_credentials(root) / name
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        for key in _KEYS:
            if key in sources.secrets[name]:
                file = folder / key
                file.touch(0o600)
                file.write_bytes(sources.secrets[name][key])


def locate_credentials(root: Path) -> Path:
    """The folder that replaces that of a pod's credentials."""
    return root / "credentials"


def _choose(transfers: Transfers, uploads: bool) -> Transfers:
    return transfers if uploads else Transfers(downloads=transfers.downloads)


def _replace_transfers(run: Run, transfers: Transfers) -> Run:
    return replace(run, document=run.document.model_copy(update={"transfers": transfers}))


def _check(name: str, sources: Sources) -> Iterator[str]:
    for key in (ACCESS_KEY_ID, SECRET_ACCESS_KEY):
        if key not in sources.secrets[name]:
            yield f"credentialsSecret: Secret {name} has no key {key}: add it"


def _identify(place: Place, given: Collection[str]) -> Place:
    secret = place.credentials_secret
    is_given = secret is not None and secret.name in given
    return place if is_given else place.model_copy(update={"credentials_secret": None})
