"""Kubernetes events on an object, each emitted once."""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog

from argmin.api.base import MANAGER
from argmin.api.scalars import format_time
from argmin.api.text import shorten
from argmin.plan import Event, Manifest, Resource
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, ConflictError, TerminatingError

_log = structlog.get_logger(__name__)

EVENTS = Resource("v1", "Event", "events")

_MESSAGE_LIMIT = 1024
_STEM_LIMIT = 200
_IDENTITY = ("name", "namespace", "uid")
_HOME_OF_CLUSTER_SCOPED = "default"
"""Namespace of the events of cluster-scoped objects, as in client-go."""


async def record_event(cluster: Cluster, involved: Manifest, event: Event, now: datetime) -> None:
    """Emit an event, unless the same one was emitted for this generation of the object.

    The status reports the same facts, so a failure to emit an event is only logged.
    """
    try:
        await cluster.create(EVENTS, build_event(involved, event, now))
    except (ConflictError, TerminatingError) as error:
        _log.debug("event not needed", reason=event.reason, why=str(error))
    except ApiError as error:
        _log.warning("event not recorded", reason=event.reason, error=str(error))


def build_event(involved: Manifest, event: Event, now: datetime) -> Manifest:
    """The event as an object of the API; its name is a digest of its object and content."""
    metadata = involved["metadata"]
    identity = f"{metadata['uid']}/{metadata.get('generation')}/{event.reason}/{event.message}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    moment = format_time(now)
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {
            "name": f"{metadata['name'][:_STEM_LIMIT]}.{digest}",
            "namespace": metadata.get("namespace", _HOME_OF_CLUSTER_SCOPED),
        },
        "involvedObject": {
            "apiVersion": involved["apiVersion"],
            "kind": involved["kind"],
            **{field: metadata[field] for field in _IDENTITY if field in metadata},
        },
        "reason": event.reason,
        "message": shorten(event.message, _MESSAGE_LIMIT),
        "type": "Warning" if event.warning else "Normal",
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
