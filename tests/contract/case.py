"""A kind as the contract tests use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argmin.api.kind_info import KindInfo
from argmin.kinds import Registration
from argmin.plan import Key, Manifest, Resource
from tests.worlds.api_server import key_of
from tests.worlds.world import World

Stage = Callable[[World], None]
"""What the rest of the cluster does next: its controllers, its pods."""


@dataclass(frozen=True)
class Case:
    """One kind, an object of it, and the life of that object."""

    name: str
    register: Callable[[World], Registration]
    """The line that registers the kind; what is outside the cluster is `world.outside`."""
    info: KindInfo
    manifest: Manifest
    """An object with everything that the kind can have."""
    invalid: Manifest
    """A spec that only the operator can refuse."""
    stages: tuple[Stage, ...] = ()
    remains: Callable[[World], object] = lambda _: ()
    """What there is outside the cluster: nothing may be left of it."""

    def open(self) -> World:
        """A world with an operator of this kind."""
        return World(self.register)

    @property
    def resource(self) -> Resource:
        """The type of its objects."""
        return Resource.of_kind(self.info)

    @property
    def key(self) -> Key:
        return key_of(self.resource, self.manifest)

    def create(self, world: World, name: str = "", spec: Manifest | None = None) -> Key:
        """A user creates the object, or another of this kind."""
        metadata = {**self.manifest["metadata"], **({"name": name} if name else {})}
        manifest = {**self.manifest, "metadata": metadata, "spec": spec or self.manifest["spec"]}
        world.server.create(self.resource, manifest)
        return key_of(self.resource, manifest)

    def live(self, world: World, stages: int | None = None) -> None:
        """Create the object, and let it and the cluster get on, for so many stages."""
        self.create(world)
        world.settle()
        for stage in self.stages[:stages]:
            stage(world)
            world.settle()
