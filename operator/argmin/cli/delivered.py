"""What a job's run delivered: into the ConfigMap or the store that its status refers to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import zlib

from argmin.api.optimizationjob import OptimizationJob
from argmin.api.run import (
    LOG_FILE,
    LOG_KEY,
    OUTPUTS_KEY,
    SOLUTION_FILE,
    SOLUTION_KEY,
    name_result,
)
from argmin.api.storage import StoredResult
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.session import Session
from argmin.plan import CONFIG_MAPS, Key

_FILES = {SOLUTION_KEY: SOLUTION_FILE, LOG_KEY: LOG_FILE}


async def fetch_part(session: Session, job: OptimizationJob, key: str) -> bytes | None:
    """One part of a result, as it was before it was packed; the outputs stay an archive.

    `None` where there is no such part: in a store, outputs are files and no part.

    Raises:
        CliError: the part is damaged.
    """
    reference = job.status.solution_ref
    if reference and reference.s3:
        return await asyncio.to_thread(_read_stored, reference.s3, key)
    return await _read_config_map(session, job, key)


def _read_stored(place: StoredResult, key: str) -> bytes | None:
    from argmin.cli.stored import open_stored

    if key not in _FILES:
        return None
    with open_stored(place) as stored:
        return stored.read(_FILES[key])


async def _read_config_map(session: Session, job: OptimizationJob, key: str) -> bytes | None:
    reference = job.status.solution_ref
    named = reference.config_map if reference else None
    name = named or name_result(job.metadata.name)
    config_map = await session.cluster.get(Key(CONFIG_MAPS, session.namespace, name))
    packed = (config_map or {}).get("binaryData", {}).get(key)
    if packed is None:
        return None
    try:
        content = base64.b64decode(packed, validate=True)
        return content if key == OUTPUTS_KEY else gzip.decompress(content)
    except (binascii.Error, OSError, EOFError, zlib.error) as error:
        raise CliError(
            f"{key} in ConfigMap {name} is damaged: {error}", ExitStatus.FAILED
        ) from None
