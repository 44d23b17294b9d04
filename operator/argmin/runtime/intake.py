"""The intake: runs hand over their results here, and a ConfigMap that the job owns keeps them.

A run proves who it is by a projected service-account token that is bound to its pod. It can
write one thing only: the result of the object that its own pod belongs to. The intake keeps no
state, so that every replica serves it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import web
from pydantic import ValidationError

from argmin.api.common import GROUP, LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import INTAKE_PATH, RESULT_LIMIT_BYTES, TOKEN_AUDIENCE, Delivery, name_result
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, Manifest, Resource
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import ApiError, InvalidError

_log = structlog.get_logger(__name__)

TOKEN_REVIEWS = Resource("authentication.k8s.io/v1", "TokenReview", "tokenreviews")
_BODY_LIMIT = RESULT_LIMIT_BYTES * 4 // 3 + 64 * 1024
_BODIES_AT_ONCE = 8
"""A body of the largest size takes several megabytes while it is read and checked."""
_BODY_SECONDS = 60.0
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"
_ACCOUNT_PREFIX = "system:serviceaccount:"


class RefusalError(Exception):
    """The delivery is refused; the message tells its sender why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Sender:
    """The pod that a token is bound to."""

    namespace: str
    pod: str
    uid: str


class Intake:
    """Takes results in."""

    def __init__(self, cluster: Cluster, answered: Callable[[int], None]) -> None:
        """`answered` is told the HTTP status of every answer."""
        self._cluster = cluster
        self._answered = answered
        self._bodies = asyncio.Semaphore(_BODIES_AT_ONCE)

    def build(self) -> web.Application:
        """The application that answers `POST INTAKE_PATH`."""
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_post(INTAKE_PATH, self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.Response:
        response = await self._answer(request)
        self._answered(response.status)
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            sender = await self._authenticate(request)
            async with self._bodies:
                delivery = await _read_delivery(request)
                owner = await self._find_owner(sender, delivery)
                name = await self._keep(sender, delivery, owner)
        except RefusalError as refusal:
            _log.info("delivery refused", status=refusal.status, why=refusal.message)
            return web.json_response({"error": refusal.message}, status=refusal.status)
        except ApiError as error:
            _log.warning("delivery failed", error=error.message)
            return web.json_response({"error": error.message}, status=_status_of(error))
        return web.json_response({"configMap": name})

    async def _authenticate(self, request: web.Request) -> Sender:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise RefusalError(401, "send the run's token as Authorization: Bearer …")
        review = await self._cluster.create(
            TOKEN_REVIEWS,
            {
                "apiVersion": TOKEN_REVIEWS.api_version,
                "kind": TOKEN_REVIEWS.kind,
                "spec": {"token": token, "audiences": [TOKEN_AUDIENCE]},
            },
        )
        status = review.get("status") or {}
        if not status.get("authenticated") or TOKEN_AUDIENCE not in status.get("audiences", ()):
            raise RefusalError(401, f"the token is not valid for audience {TOKEN_AUDIENCE}")
        return _read_sender(status["user"])

    async def _find_owner(self, sender: Sender, delivery: Delivery) -> Manifest:
        """The reference to the custom resource that the sender's Job belongs to."""
        pod = await self._cluster.get(Key(PODS, sender.namespace, sender.pod))
        if pod is None or pod["metadata"]["uid"] != sender.uid:
            raise RefusalError(403, f"pod {sender.pod} of the token is gone")
        labels = pod["metadata"].get("labels") or {}
        if labels.get(LABEL_NAME) != delivery.owner:
            raise RefusalError(403, f"pod {sender.pod} does not belong to {delivery.owner}")
        reference = _find_controller(pod)
        if reference is None or reference["kind"] != JOBS.kind:
            raise RefusalError(403, f"pod {sender.pod} belongs to no Job")
        job = await self._cluster.get(Key(JOBS, sender.namespace, reference["name"]))
        if job is None or job["metadata"]["uid"] != reference["uid"]:
            raise RefusalError(403, f"Job {reference['name']} of pod {sender.pod} is gone")
        owner = _find_controller(job)
        # Labels can be written by whoever may create pods; the controller reference of a Job that
        # we manage, and the name in it, are what counts.
        managed = (job["metadata"].get("labels") or {}).get(LABEL_MANAGED_BY) == MANAGER
        is_ours = managed and owner and owner["apiVersion"].partition("/")[0] == GROUP
        if not owner or not is_ours or owner["name"] != delivery.owner:
            raise RefusalError(403, f"Job {job['metadata']['name']} is not argmin's")
        return owner

    async def _keep(self, sender: Sender, delivery: Delivery, owner: Manifest) -> str:
        name = name_result(delivery.owner)
        await self._make_room(Key(CONFIG_MAPS, sender.namespace, name), owner)
        await self._cluster.apply(
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
                        LABEL_KIND: owner["kind"],
                        "app.kubernetes.io/component": "result",
                    },
                    "annotations": {"argmin.dev/pod": sender.pod},
                    "ownerReferences": [owner],
                },
                "binaryData": delivery.parts,
            },
        )
        _log.info("result kept", config_map=f"{sender.namespace}/{name}", pod=sender.pod)
        return name

    async def _make_room(self, key: Key, owner: Manifest) -> None:
        """Overwrite an earlier result of this owner, and nothing of anybody else's."""
        before = await self._cluster.get(key)
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
            await self._cluster.delete(key, metadata["uid"])


def _status_of(error: ApiError) -> int:
    if isinstance(error, InvalidError):
        return 422
    return 503 if error.transient else 502


def _read_sender(user: Manifest) -> Sender:
    extra = user.get("extra") or {}
    names, uids = extra.get(_POD_NAME), extra.get(_POD_UID)
    account = str(user.get("username", ""))
    if not names or not uids or not account.startswith(_ACCOUNT_PREFIX):
        raise RefusalError(403, "the token is not bound to a pod")
    namespace = account.removeprefix(_ACCOUNT_PREFIX).partition(":")[0]
    return Sender(namespace=namespace, pod=names[0], uid=uids[0])


async def _read_delivery(request: web.Request) -> Delivery:
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await request.read()
        delivery = Delivery.model_validate(json.loads(body))
    except TimeoutError:
        raise RefusalError(408, f"the body did not come within {_BODY_SECONDS:g} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(413, f"the body is over {_BODY_LIMIT} bytes") from None
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


def _decoded_size(key: str, part: str) -> int:
    try:
        return len(base64.b64decode(part, validate=True))
    except ValueError:  # binascii.Error is one; text that is not ASCII raises it plainly
        raise RefusalError(422, f"part {key} is not base64") from None


def _find_controller(manifest: Manifest) -> Manifest | None:
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)
