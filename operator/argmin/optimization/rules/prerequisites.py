"""Rules that delay the start until the prerequisites of a job are met; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.answer import Reason
from argmin.api.conditions import STALLED, find_condition
from argmin.backends.rules.context import RunResult
from argmin.backends.rules.progress import stalled
from argmin.optimization.observe import list_references
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.projection import project

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)


def await_sources(s: Context) -> RuleResult | None:
    """Wait while a ConfigMap or key that the spec names is missing.

    It is looked up again, with growing intervals.
    """
    problems = list(_find_missing(s))
    if not problems:
        return None
    message = "; ".join(problems)
    before = find_condition(s.status.conditions, STALLED)
    since = before.last_transition_time if before and before.status == "True" else s.now
    result = RunResult(
        message,
        change=stalled(Reason.SOURCE_NOT_FOUND, message),
        requeue_after=min(max(SHORTEST_PAUSE, s.now - since), LONGEST_PAUSE),
        stop=True,
    )
    return project(s, result)


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
