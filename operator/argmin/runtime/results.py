"""Results on their way into ConfigMaps: one for each object, which owns it."""

from __future__ import annotations

import base64
import json
import re

import structlog
from pydantic import ValidationError

from argmin.api.common import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import RESULT_LIMIT_BYTES, Delivery, name_result
from argmin.plan import CONFIG_MAPS, Key, Manifest
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import RefusalError
from argmin.runtime.senders import Sender

_log = structlog.get_logger(__name__)

_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def read_delivery(body: bytes) -> Delivery:
    """Read a delivery and check its parts.

    Raises:
        RefusalError: it is none, or its parts are too large for a ConfigMap.
    """
    try:
        delivery = Delivery.model_validate(json.loads(body))
    except (ValueError, ValidationError):
        raise RefusalError(422, "the body is no delivery: send owner and parts as JSON") from None
    for key in delivery.parts:
        if not _KEY.fullmatch(key):
            raise RefusalError(
                422, f"part {key!r}: name parts with letters, digits, '-', '_' and '.'"
            )
    size = sum(_decoded_size(key, part) for key, part in delivery.parts.items())
    if size > RESULT_LIMIT_BYTES:
        raise RefusalError(413, f"the parts have {size} bytes, at most {RESULT_LIMIT_BYTES}")
    return delivery


async def keep_result(cluster: Cluster, sender: Sender, delivery: Delivery) -> str:
    """Write a result into its ConfigMap, whose name is returned.

    Raises:
        RefusalError: a ConfigMap of that name is there and not ours.
        ApiError: the API server takes it not, or not now.
    """
    name = name_result(delivery.owner)
    await _make_room(cluster, Key(CONFIG_MAPS, sender.namespace, name), sender.owner)
    await cluster.apply(
        CONFIG_MAPS,
        {
            "apiVersion": CONFIG_MAPS.api_version,
            "kind": CONFIG_MAPS.kind,
            "metadata": {
                "name": name,
                "namespace": sender.namespace,
                "labels": {
                    LABEL_MANAGED_BY: MANAGER,
                    LABEL_NAME: delivery.owner,
                    LABEL_KIND: sender.owner["kind"],
                    "app.kubernetes.io/component": "result",
                },
                "annotations": {"argmin.dev/pod": sender.pod},
                "ownerReferences": [sender.owner],
            },
            "binaryData": delivery.parts,
        },
    )
    _log.info("result kept", config_map=f"{sender.namespace}/{name}", pod=sender.pod)
    return name


async def _make_room(cluster: Cluster, key: Key, owner: Manifest) -> None:
    """Overwrite an earlier result of this owner, and nothing of anybody else's."""
    before = await cluster.get(key)
    if before is None:
        return
    metadata = before["metadata"]
    if (metadata.get("labels") or {}).get(LABEL_MANAGED_BY) != MANAGER:
        raise RefusalError(
            409,
            f"ConfigMap {key.name} is there and not argmin's: rename it, or {owner['name']}",
        )
    if owner["uid"] not in (o["uid"] for o in metadata.get("ownerReferences") or ()):
        # The result of a deleted namesake, which waits for its garbage collection.
        await cluster.delete(key, metadata["uid"])


def _decoded_size(key: str, part: str) -> int:
    try:
        return len(base64.b64decode(part, validate=True))
    except ValueError:  # binascii.Error is one; text that is not ASCII raises it plainly
        raise RefusalError(422, f"part {key} is not base64") from None
