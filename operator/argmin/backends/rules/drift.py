"""Rules for children that differ from what is wanted; pure."""

from __future__ import annotations

from argmin.backends.rules.context import RunContext, RunResult


def repair(c: RunContext) -> RunResult | None:
    """Patch or recreate what differs from what is wanted.

    The causes: the spec was edited, a suspended run is resumed, or somebody else changed or
    deleted a child.
    """
    actions = c.execution.repair(c.run)
    return RunResult(actions.reason, actions) if actions else None
