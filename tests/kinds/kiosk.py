"""A namespaced kind that serves: a Deployment, and an HTTPRoute where that type is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from argmin.api.base import ApiModel, list_map
from argmin.api.kind_info import Column, KindInfo, Lifecycle
from argmin.api.meta import Condition, Metadata
from argmin.kinds import Environment
from argmin.plan import (
    CONFIG_MAPS,
    Apply,
    Call,
    Delete,
    Event,
    Key,
    Manifest,
    Plan,
    Resource,
    View,
)
from tests.kinds.children import build_child, name_owner, set_conditions

DEPLOYMENTS = Resource("apps/v1", "Deployment", "deployments")
ROUTES = Resource("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", optional=True)

LOOK_AGAIN = timedelta(minutes=1)
"""How often a missing menu is looked for: not every ConfigMap is watched."""


class KioskSpec(ApiModel):
    """What a kiosk serves."""

    image: str | None = Field(default=None, min_length=3, description="Image of the server.")
    replicas: int = Field(default=1, description="Number of servers.")
    host: str | None = Field(default=None, description="Host name of the route, if one is wanted.")
    menu: str | None = Field(default=None, description="ConfigMap of the namespace that it shows.")


class KioskStatus(ApiModel):
    """How it stands."""

    observed_generation: int | None = Field(default=None, description="Generation that was read.")
    state: str | None = Field(default=None, description="Where it stands, in one word.")
    image: str | None = Field(default=None, description="Image that is served.")
    conditions: tuple[Condition, ...] = Field(
        default=(), description="Ready, by type.", json_schema_extra=list_map("type")
    )


class Kiosk(ApiModel):
    """A server with a route."""

    metadata: Metadata
    spec: KioskSpec = Field(description="What is wanted.")
    status: KioskStatus = Field(default_factory=KioskStatus, description="What was found.")


KIOSK = KindInfo(
    name="Kiosk",
    plural="kiosks",
    short_name="kio",
    model=Kiosk,
    columns=(Column("Image", "string", ".status.image", "Image that is served."),),
    lifecycle=Lifecycle.SERVING,
)
KIOSKS = Resource.of_kind(KIOSK)


@dataclass(frozen=True)
class Observed:
    """The children of a kiosk, and what it depends on."""

    available: int
    routes: tuple[Manifest, ...]
    can_route: bool
    has_menu: bool


@dataclass
class KioskKind:
    """Serves an image, of its own or of the namespace's policy."""

    environment: Environment
    resource: Resource = KIOSKS
    children: tuple[Resource, ...] = (DEPLOYMENTS, ROUTES)

    def parse(self, manifest: Manifest) -> Kiosk:
        return Kiosk.model_validate(manifest)

    def want(self, obj: Kiosk) -> tuple[Manifest, ...]:
        """The Deployment, and the route if there is a host."""
        owner = name_owner(KIOSKS, obj.metadata)
        namespace, name = obj.metadata.namespace, obj.metadata.name
        image = obj.spec.image or self.environment.policy_of(namespace).defaults.image
        labels = {"kiosk": name}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "server", "image": image}]},
        }
        spec = {
            "replicas": obj.spec.replicas,
            "selector": {"matchLabels": labels},
            "template": template,
        }
        server = build_child(owner, DEPLOYMENTS, namespace, name, spec=spec)
        if not obj.spec.host:
            return (server,)
        backend = {"backendRefs": [{"name": name, "port": 80}]}
        spec = {"hostnames": [obj.spec.host], "rules": [backend]}
        return (server, build_child(owner, ROUTES, namespace, name, spec=spec))

    async def observe(self, obj: Kiosk, wanted: tuple[Manifest, ...], view: View) -> Observed:
        uid, namespace, menu = obj.metadata.uid, obj.metadata.namespace, obj.spec.menu
        servers = view.children(DEPLOYMENTS, uid)
        return Observed(
            sum(s.get("status", {}).get("availableReplicas", 0) for s in servers),
            tuple(view.children(ROUTES, uid)),
            view.is_served(ROUTES),
            not menu or await view.list_entries(Key(CONFIG_MAPS, namespace, menu)) is not None,
        )

    def decide(
        self, obj: Kiosk, wanted: tuple[Manifest, ...], observed: Observed, now: datetime
    ) -> Plan:
        if obj.metadata.deletion_timestamp is not None:
            return Plan()
        ready = _judge(obj, observed)
        image = wanted[0]["spec"]["template"]["spec"]["containers"][0]["image"]
        status = KioskStatus(
            observed_generation=obj.metadata.generation,
            state=ready[1],
            image=image,
            conditions=set_conditions(
                obj.status.conditions, now, obj.metadata.generation, Ready=ready
            ),
        )
        if not observed.has_menu:
            return Plan(status=status.to_wire(), requeue_after=LOOK_AGAIN)
        usable = [m for m in wanted if m["kind"] != ROUTES.kind or observed.can_route]
        return Plan(
            apply=tuple(Apply(manifest, "the spec wants it") for manifest in usable),
            delete=tuple(_list_extra(obj, observed)),
            status=status.to_wire(),
            events=(Event(ready[1], ready[2]),),
        )

    async def perform(self, call: Call) -> None:
        raise TypeError(f"a kiosk calls nobody: {call.describe()}")


def _judge(obj: Kiosk, observed: Observed) -> tuple[bool, str, str]:
    if not observed.has_menu:
        return False, "MenuMissing", f"spec.menu: there is no ConfigMap {obj.spec.menu}"
    if obj.spec.host and not observed.can_route:
        return False, "RoutesMissing", "spec.host: HTTPRoute is not installed in this cluster"
    if observed.available < obj.spec.replicas:
        return False, "Starting", f"{observed.available} of {obj.spec.replicas} serve"
    return True, "Serving", f"{observed.available} serve"


def _list_extra(obj: Kiosk, observed: Observed) -> Iterator[Delete]:
    for route in () if obj.spec.host else observed.routes:
        metadata = route["metadata"]
        key = Key(ROUTES, metadata["namespace"], metadata["name"])
        yield Delete(key, metadata["uid"], "no host is wanted")
