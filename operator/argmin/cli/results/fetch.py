"""What a run delivered: into the ConfigMap or the store that its status refers to."""

from __future__ import annotations

import asyncio
import base64
import binascii

from argmin.api.run import (
    ANNOTATION_POD,
    LOG_FILE,
    LOG_KEY,
    OUTPUTS_KEY,
    PROOF_FILE,
    PROOF_KEY,
    SOLUTION_FILE,
    SOLUTION_KEY,
    name_former_result,
    name_result,
)
from argmin.api.storage import StoredResult
from argmin.api.untrusted import UntrustedError, decompress
from argmin.cli.cluster.session import Session
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.run_view import RunView
from argmin.plan import CONFIG_MAPS, Key, Manifest

_FILES = {SOLUTION_KEY: SOLUTION_FILE, PROOF_KEY: PROOF_FILE, LOG_KEY: LOG_FILE}


async def fetch_part(session: Session, run: RunView, key: str) -> bytes | None:
    """One part of a result, as it was before it was packed; the outputs stay an archive.

    `None` where there is no such part: in a store, outputs are files and no part.

    Raises:
        CliError: the part is damaged.
    """
    if run.stored:
        return await asyncio.to_thread(_read_stored, run.stored, key)
    return await _read_config_map(session, run, key)


def _read_stored(place: StoredResult, key: str) -> bytes | None:
    from argmin.cli.results.object_store import open_stored

    if key not in _FILES:
        return None
    with open_stored(place) as stored:
        return stored.read(_FILES[key])


async def _read_config_map(session: Session, run: RunView, key: str) -> bytes | None:
    config_map = await _find_config_map(session, run)
    packed = (config_map.get("binaryData") or {}).get(key)
    if packed is None:
        return None
    try:
        content = base64.b64decode(packed, validate=True)
        return content if key == OUTPUTS_KEY else decompress(content)
    except (binascii.Error, UntrustedError) as error:
        name = config_map["metadata"]["name"]
        raise CliError(
            f"{key} in ConfigMap {name} is damaged: {error}", ExitStatus.FAILED
        ) from None


async def _find_config_map(session: Session, run: RunView) -> Manifest:
    """The result of a run, also where an older argmin wrote it; empty where none is."""
    named = run.config_map or (run.name and name_result(run.name))
    if named:
        found = await session.cluster.get(Key(CONFIG_MAPS, session.namespace, named))
        if found is not None:
            return found
    former = Key(CONFIG_MAPS, session.namespace, name_former_result(run.owner))
    found = await session.cluster.get(former)
    return found if found is not None and _is_of_run(found, run) else {}


def _is_of_run(config_map: Manifest, run: RunView) -> bool:
    """Whether a ConfigMap named by the owner is of this run, and of no namesake or edit."""
    metadata = config_map["metadata"]
    owners = [reference["uid"] for reference in metadata.get("ownerReferences") or ()]
    pod = (metadata.get("annotations") or {}).get(ANNOTATION_POD, "")
    return run.uid in owners and pod.startswith(f"{run.name}-")
