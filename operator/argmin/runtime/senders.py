"""Who talks to the intake: the pod that a token is bound to, and the object that it works for.

A run proves who it is by a projected service-account token. What counts after that are not the
labels, which whoever may create pods can write, but the Job that controls the pod and the owner
of that Job.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from argmin.api.common import GROUP, LABEL_MANAGED_BY, MANAGER
from argmin.api.run import TOKEN_AUDIENCE
from argmin.plan import JOBS, PODS, Key, Manifest, Resource
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import RefusalError

TOKEN_REVIEWS = Resource("authentication.k8s.io/v1", "TokenReview", "tokenreviews")

MEMORY_SECONDS = 60.0
"""How long a sender may talk on without being asked again who it is."""
MOST_REMEMBERED = 4096

_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"
_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True)
class Sender:
    """A pod, and the custom resource that it works for."""

    namespace: str
    pod: str
    owner: Manifest
    """The owner reference of the pod's Job."""

    def check_claim(self, name: str) -> None:
        """Raise `RefusalError` where the sender claims to work for another object."""
        if self.owner["name"] != name:
            raise RefusalError(403, f"pod {self.pod} does not belong to {name}")


@dataclass(frozen=True)
class _Pod:
    namespace: str
    name: str
    uid: str


class Senders:
    """Finds out who talks; the API server is asked."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds, and only goes forward."""
        self._cluster = cluster
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Sender]] = OrderedDict()

    async def identify(self, token: str) -> Sender:
        """The sender with this token.

        Raises:
            RefusalError: the token is not valid, or its pod works for nothing of ours.
            ApiError: the API server cannot tell.
        """
        pod = await self._review(token)
        return Sender(pod.namespace, pod.name, await self._find_owner(pod))

    async def recognize(self, token: str) -> Sender:
        """As `identify`, without asking again within a minute: for what is sent every second."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        until, sender = self._known.get(digest, (float("-inf"), None))
        if sender is None or self._clock() >= until:
            sender = await self.identify(token)
            self._remember(digest, sender)
        return sender

    def _remember(self, digest: str, sender: Sender) -> None:
        self._known[digest] = (self._clock() + MEMORY_SECONDS, sender)
        self._known.move_to_end(digest)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    async def _review(self, token: str) -> _Pod:
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
        return _read_pod(status["user"])

    async def _find_owner(self, sender: _Pod) -> Manifest:
        """The reference to the custom resource that the sender's Job belongs to."""
        pod = await self._cluster.get(Key(PODS, sender.namespace, sender.name))
        if pod is None or pod["metadata"]["uid"] != sender.uid:
            raise RefusalError(403, f"pod {sender.name} of the token is gone")
        reference = _find_controller(pod)
        if reference is None or reference["kind"] != JOBS.kind:
            raise RefusalError(403, f"pod {sender.name} belongs to no Job")
        job = await self._cluster.get(Key(JOBS, sender.namespace, reference["name"]))
        if job is None or job["metadata"]["uid"] != reference["uid"]:
            raise RefusalError(403, f"Job {reference['name']} of pod {sender.name} is gone")
        owner = _find_controller(job)
        managed = (job["metadata"].get("labels") or {}).get(LABEL_MANAGED_BY) == MANAGER
        is_ours = managed and owner and owner["apiVersion"].partition("/")[0] == GROUP
        if not owner or not is_ours:
            raise RefusalError(403, f"Job {job['metadata']['name']} is not argmin's")
        return owner


def _read_pod(user: Manifest) -> _Pod:
    extra = user.get("extra") or {}
    names, uids = extra.get(_POD_NAME), extra.get(_POD_UID)
    account = str(user.get("username", ""))
    if not names or not uids or not account.startswith(_ACCOUNT_PREFIX):
        raise RefusalError(403, "the token is not bound to a pod")
    namespace = account.removeprefix(_ACCOUNT_PREFIX).partition(":")[0]
    return _Pod(namespace=namespace, name=names[0], uid=uids[0])


def _find_controller(manifest: Manifest) -> Manifest | None:
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)
