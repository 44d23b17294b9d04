"""Rules that delay the start until the prerequisites of a job are met; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.answer import Reason
from argmin.api.conditions import STALLED, find_condition
from argmin.optimization.observe import list_references
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.messages import describe_progress, stalled, update_status, warn

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)


def await_sources(s: Context) -> RuleResult | None:
    """Wait while a ConfigMap or key that the spec names is missing.

    It is looked up again, with growing intervals.
    """
    problems = list(_find_missing(s))
    if not problems:
        return None
    change = stalled(Reason.SOURCE_NOT_FOUND, "; ".join(problems))
    before = find_condition(s.status.conditions, STALLED)
    since = before.last_transition_time if before and before.status == "True" else s.now
    return RuleResult(
        change.message,
        status=update_status(s, change),
        events=warn(s, change),
        requeue_after=min(max(SHORTEST_PAUSE, s.now - since), LONGEST_PAUSE),
        stop=True,
    )


def check_preconditions(s: Context) -> RuleResult | None:
    """The backend cannot execute this run: report what to write instead.

    It is checked again when the spec or the settings of the namespace change.
    """
    failed = s.execution.find_failed_precondition(s.run)
    if failed is None:
        return None
    change = stalled(failed.reason, failed.message)
    return RuleResult(
        change.message, status=update_status(s, change), events=warn(s, change), stop=True
    )


def await_pause(s: Context) -> RuleResult | None:
    """Wait for the pause after a failed attempt."""
    start = s.execution.not_before
    if s.execution.exists or start is None or start <= s.now:
        return None
    change = describe_progress(s)
    return RuleResult(
        change.message, status=update_status(s, change), requeue_after=start - s.now, stop=True
    )


def _find_missing(s: Context) -> Iterator[str]:
    for reference in list_references(s.job.spec):
        if reference.name not in s.observed.config_maps:
            continue
        found = s.observed.config_maps[reference.name]
        if found is None:
            yield (
                f'ConfigMap "{reference.name}" not found in namespace'
                f" {s.job.metadata.namespace} ({reference.field}.name):"
                " create it, or name another"
            )
        elif reference.key not in found.keys:
            keys = ", ".join(sorted(found.keys)) or "none"
            yield (
                f'ConfigMap "{reference.name}" has no key "{reference.key}"'
                f" ({reference.field}.key); its keys are: {keys}"
            )
