"""Rules for children that differ from what is wanted."""

from __future__ import annotations

from argmin.optimization.rules.context import Context, RuleResult


def repair(s: Context) -> RuleResult | None:
    """Patch or recreate what differs from what is wanted.

    The causes: the spec was edited, a suspended run is resumed, or somebody else changed or
    deleted a child.
    """
    actions = s.execution.repair(s.run)
    return RuleResult(actions.reason, actions) if actions else None
