"""`argmin delete`: an object and all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from argmin.api.conditions import RECONCILING, STALLED, find_condition
from argmin.api.meta import ConditionStatus
from argmin.cli.cluster.follow import follow
from argmin.cli.cluster.lookup import Found, find_object
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.kinds.registry import VIEWS, choose_views
from argmin.cli.kinds.view import KindView, list_conditions
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import OutputFormat, open_console, write_data
from argmin.plan import Manifest


def delete_object(
    name: ObjectName,
    target: Target,
    output: str,
    wait: bool,
    timeout: str | None,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Delete an object; with `wait`, return when it is gone."""
    seconds = read_timeout(timeout)
    candidates = choose_views(name, target.namespace, views)
    deleted = run_command(_delete(name, target, wait, seconds, candidates))
    if output == OutputFormat.TABLE:
        done = "deleted" if wait else "is being deleted"
        kind = f"{deleted.view.info.name.lower()}.{deleted.view.resource.group}"
        open_console().print(f"{kind}/{name.name} {done}")
    else:
        write_data(deleted.manifest, OutputFormat(output))
    return ExitStatus.OK


async def _delete(
    name: ObjectName,
    target: Target,
    wait: bool,
    seconds: float | None,
    views: Sequence[KindView],
) -> Found:
    async with open_session(target) as session:
        found = await find_object(session, name, views)
        uid = found.manifest["metadata"]["uid"]
        await session.cluster.delete(found.key, uid)
        if wait:
            await follow(session, found.key, _DeletionWait(uid), seconds)
        return found


class _DeletionWait:
    """Waits until an object is deleted, and reports on standard error what it waits for."""

    def __init__(self, uid: str) -> None:
        self._uid = uid
        self._reported = ""

    def __call__(self, seen: Manifest | None) -> bool:
        """Whether the object, or the one that had its name, is gone."""
        if seen is None or seen["metadata"]["uid"] != self._uid:
            return True
        if seen["metadata"].get("finalizers"):
            self._report(seen)
        return False

    def _report(self, seen: Manifest) -> None:
        metadata = seen["metadata"]
        message = _explain_wait(seen) or f"waits for {', '.join(metadata['finalizers'])}"
        if message != self._reported:
            open_console(stderr=True).print(Text(f"{metadata['name']}: {message}"))
        self._reported = message


def _explain_wait(seen: Manifest) -> str:
    """What the deletion waits for, from a condition of the operator; empty without one.

    A deletion is a new generation of the object, so that what was reported before is left out.
    """
    conditions = list_conditions(seen)
    stalled = find_condition(conditions, STALLED)
    if stalled and stalled.status is ConditionStatus.TRUE:
        return stalled.message
    stopping = find_condition(conditions, RECONCILING)
    if stopping is None or stopping.status is not ConditionStatus.TRUE:
        return ""
    is_current = stopping.observed_generation == seen["metadata"].get("generation")
    return stopping.message if is_current else ""
