"""All backends as one: which of them has a run, and what others of them still have; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.progress import AttemptProgress
from argmin.backends import pod_execution, sagemaker_execution
from argmin.backends.backend import Claim, Execution, Remains, join_moves
from argmin.backends.pod_execution import SeenPods
from argmin.backends.sagemaker_sighting import Sighting, find_announced, settle


@dataclass(frozen=True)
class Seen:
    """What an owner has on all backends."""

    pods: SeenPods = field(default_factory=SeenPods)
    sage_maker: Sighting | None = None
    """The SageMaker job that the status names, where somebody has looked."""


def find_execution(claim: Claim, seen: Seen, now: datetime) -> Execution:
    """The execution of the wanted run, on its backend."""
    claim = _settle_older(claim, seen)
    if claim.run.backend is BackendName.SAGE_MAKER:
        return sagemaker_execution.find_execution(claim, seen.sage_maker, now)
    return pod_execution.find_execution(claim, seen.pods, now)


def read_progress(seen: Seen) -> AttemptProgress | None:
    """Where a search stands, as far as a backend was asked for it."""
    sighting = seen.sage_maker
    if sighting is None or sighting.job is None or sighting.progress is None:
        return None
    return AttemptProgress(attempt=sighting.job.name, progress=sighting.progress)


def find_remains(claim: Claim, seen: Seen, now: datetime) -> Remains:
    """What older runs left, on whichever backend."""
    pods = pod_execution.find_remains(claim, seen.pods)
    aws = sagemaker_execution.find_remains(claim, seen.sage_maker, now)
    return replace(aws, moves=join_moves((pods.moves, aws.moves)))


def _settle_older(claim: Claim, seen: Seen) -> Claim:
    """The claim with the end of a job of an older run, where that was seen.

    The status keeps it, on whichever backend the wanted run is: so nobody asks AWS for it again.
    """
    older, sighting = claim.place.sage_maker, seen.sage_maker
    if older is None or sighting is None or find_announced(claim):
        return claim
    return replace(claim, place=replace(claim.place, sage_maker=settle(older, sighting)))
