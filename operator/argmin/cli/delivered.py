"""What a job's run delivered: the parts of the ConfigMap that its status refers to."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib

from argmin.api.optimizationjob import OptimizationJob
from argmin.api.run import OUTPUTS_KEY, name_result
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.session import Session
from argmin.plan import CONFIG_MAPS, Key


async def fetch_part(session: Session, job: OptimizationJob, key: str) -> bytes | None:
    """One part of a result, as it was before it was packed; the outputs stay an archive.

    `None` where there is no such part.

    Raises:
        CliError: the part is damaged.
    """
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
