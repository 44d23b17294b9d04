"""EventBridge: moto keeps rules and targets; AWS's own events are delivered here, to SQS."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends
from moto.sqs.models import sqs_backends

from tests.aws.server.registry import Service

if TYPE_CHECKING:
    from tests.aws.server.world import World

SERVICE = Service("events")


def publish(
    world: World,
    *,
    account: str,
    region: str,
    source: str,
    detail_type: str,
    resources: Sequence[str],
    detail: Mapping[str, Any],
) -> None:
    """Deliver an event of AWS itself to the SQS queues whose rules want it.

    The settings say whether it is lost, doubled or late.
    """
    travel = world.settings.events
    if travel.lost:
        return
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": list(resources),
        "detail": dict(detail),
    }
    for _ in range(travel.copies):
        share = random.random() if travel.shuffled else 1.0
        world.deliveries.deliver(
            partial(_deliver, event, account, region), travel.delay_seconds * share
        )


def _deliver(event: dict[str, Any], account: str, region: str) -> None:
    buses = events_backends[account][region].event_buses
    for rule in list(buses["default"].rules.values()):
        if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
            for target in rule.targets:
                _send(event, target["Arn"])


def _send(event: dict[str, Any], target: str) -> None:
    """Put an event into a queue; a queue that is gone swallows it, as on AWS."""
    _, _, service, region, account, name = target.split(":", 5)
    queues = sqs_backends[account][region].queues
    if service == "sqs" and name in queues:
        sqs_backends[account][region].send_message(name, json.dumps(event))
