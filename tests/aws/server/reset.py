"""As on the first day: for tests that share one emulator."""

from __future__ import annotations

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from tests.aws.control import Settings
from tests.aws.server.faults import Throttle
from tests.aws.server.world import World


def reset(world: World) -> None:
    """End all jobs, then forget everything, moto's memory included."""
    world.faults.clear()
    world.jobs.end_all()
    world.deliveries.cancel_all()
    BackendDict.reset()
    reset_model_data()
    world.throttle = Throttle()
    world.callers.forget_all()
    world.recorder.clear()
    world.change_settings(Settings().model_dump())
