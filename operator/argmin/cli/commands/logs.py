"""`argmin logs`: what the last run of an object printed, where it runs or from what was kept."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from argmin.cli.cluster.follow import get_patiently
from argmin.cli.cluster.lookup import find_object
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.kinds.registry import VIEWS, choose_views, require_run
from argmin.cli.kinds.view import KindView
from argmin.cli.logs.sources import LogSources
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import OutputFormat, write_data, write_text
from argmin.plan import Manifest


def print_logs(
    name: ObjectName,
    target: Target,
    output: str,
    follow: bool,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Print the log of the last run of an object; with `follow`, until the object is finished."""
    candidates = choose_views(name, target.namespace, views)
    pieces = _read(name, target, follow, candidates)
    if output == OutputFormat.TABLE:
        return run_command(_stream(pieces))
    log = run_command(_collect(pieces))
    write_data({"name": name.name, "log": log}, OutputFormat(output))
    return ExitStatus.OK


async def _stream(pieces: AsyncGenerator[str]) -> ExitStatus:
    # A carriage return alone would write over the line, as progress bars do.
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    async with aclosing(pieces):
        async for piece in pieces:
            write_text(lines.decode(piece) if sys.stdout.isatty() else piece)
    return ExitStatus.OK


async def _collect(pieces: AsyncGenerator[str]) -> str:
    async with aclosing(pieces):
        return "".join([piece async for piece in pieces])


async def _read(
    name: ObjectName, target: Target, follow: bool, views: Sequence[KindView]
) -> AsyncGenerator[str]:
    """The newest attempt's log; where it is gone, the kept one. Following goes on to the next."""
    async with open_session(target) as session, LogSources(session) as sources:
        found = await find_object(session, name, views)
        manifest: Manifest | None = found.manifest
        while manifest is not None:
            run = require_run(found.view, manifest)
            source = sources.find(run)
            async with aclosing(source.read_on(run, follow=follow)) as pieces:
                async for piece in pieces:
                    yield piece
            if not follow or run.is_finished:
                if not sources.has_read:
                    yield await source.read_kept(run)
                return
            source.report_waiting(run)
            await asyncio.sleep(source.pause_seconds)
            manifest = await get_patiently(session, found.key)
