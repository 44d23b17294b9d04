"""Storing delivered results in ConfigMaps: one for each run, owned by the run's owner."""

from __future__ import annotations

import base64

import structlog

from argmin.api.base import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import (
    ANNOTATION_POD,
    LABEL_OWNER_UID,
    RESULT_LIMIT_BYTES,
    Delivery,
    PartKey,
    name_result,
)
from argmin.api.untrusted import DELIVERY, UntrustedError, read_document
from argmin.plan import CONFIG_MAPS, Key, Manifest
from argmin.runtime.intake.authentication import Sender
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import RefusalError

_log = structlog.get_logger(__name__)


def read_delivery(body: bytes) -> Delivery:
    """Read a delivery and check its parts.

    Raises:
        RefusalError: it cannot be parsed, or its parts are too large for a ConfigMap.
    """
    try:
        delivery = read_document(Delivery, body, DELIVERY)
    except UntrustedError:
        keys = ", ".join(PartKey)
        said = f"the body is no delivery: send owner and parts ({keys}) as JSON"
        raise RefusalError(422, said) from None
    size = sum(_decoded_size(key, part) for key, part in delivery.parts.items())
    if size > RESULT_LIMIT_BYTES:
        raise RefusalError(413, f"the parts have {size} bytes, at most {RESULT_LIMIT_BYTES}")
    return delivery


async def keep_result(cluster: Cluster, sender: Sender, delivery: Delivery) -> str:
    """Write a result into its ConfigMap; returns the name of that.

    Raises:
        RefusalError: a ConfigMap of that name exists and has another owner.
        ApiError: the API server refused it or did not answer.
    """
    name = name_result(sender.run)
    await _check_room(cluster, Key(CONFIG_MAPS, sender.namespace, name), sender.owner)
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
                    LABEL_OWNER_UID: sender.owner["uid"],
                    "app.kubernetes.io/component": "result",
                },
                "annotations": {ANNOTATION_POD: sender.pod},
                "ownerReferences": [sender.owner],
            },
            "binaryData": {key.value: part for key, part in delivery.parts.items()},
        },
    )
    _log.info("result kept", config_map=f"{sender.namespace}/{name}", pod=sender.pod)
    return name


async def _check_room(cluster: Cluster, key: Key, owner: Manifest) -> None:
    """Overwrite the result of an earlier attempt of this run; refuse any other ConfigMap."""
    before = await cluster.get(key)
    if before is None:
        return
    metadata = before["metadata"]
    owners = [reference["uid"] for reference in metadata.get("ownerReferences") or ()]
    managed = (metadata.get("labels") or {}).get(LABEL_MANAGED_BY) == MANAGER
    if not managed or owner["uid"] not in owners:
        said = f"ConfigMap {key.name} is there and not of {owner['name']}: rename or remove it"
        raise RefusalError(409, said)


def _decoded_size(key: PartKey, part: str) -> int:
    try:
        return len(base64.b64decode(part, validate=True))
    except ValueError:  # binascii.Error is one; text that is not ASCII raises it plainly
        raise RefusalError(422, f"part {key} is not base64") from None
