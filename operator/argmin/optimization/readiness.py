"""Rules that keep a job from starting until what it needs is there; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.conditions import STALLED, find_condition
from argmin.api.outcome import Reason
from argmin.optimization.observe import list_references
from argmin.optimization.situation import Situation, Step
from argmin.optimization.voice import describe_progress, speak, stalled, warn

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)


def await_sources(s: Situation) -> Step | None:
    """A ConfigMap or a key that the spec names is missing: nothing is started without it.

    It is looked for again, more rarely as time goes by, and found without anybody's help.
    """
    problems = list(_find_missing(s))
    if not problems:
        return None
    verdict = stalled(Reason.SOURCE_NOT_FOUND, "; ".join(problems))
    before = find_condition(s.status.conditions, STALLED)
    since = before.last_transition_time if before and before.status == "True" else s.now
    return Step(
        verdict.message,
        status=speak(s, verdict),
        events=warn(s, verdict),
        requeue_after=min(max(SHORTEST_PAUSE, s.now - since), LONGEST_PAUSE),
        settles=True,
    )


def report_obstacle(s: Situation) -> Step | None:
    """The backend cannot take this run as it is: what to write instead is said.

    It is looked at again when the spec or the settings of the namespace change.
    """
    obstacle = s.execution.find_obstacle(s.run)
    if obstacle is None:
        return None
    verdict = stalled(obstacle.reason, obstacle.message)
    return Step(verdict.message, status=speak(s, verdict), events=warn(s, verdict), settles=True)


def await_pause(s: Situation) -> Step | None:
    """An attempt has failed a short while ago: another follows after a pause."""
    start = s.execution.not_before
    if s.execution.exists or start is None or start <= s.now:
        return None
    verdict = describe_progress(s)
    return Step(
        verdict.message, status=speak(s, verdict), requeue_after=start - s.now, settles=True
    )


def _find_missing(s: Situation) -> Iterator[str]:
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
