"""Authentication of intake requests: the pod that a token is bound to, and that pod's owner.

A run authenticates by a projected service-account token. The owner is found by the controlling
owner references of the pod and of its Job, not by labels, which anyone who may create pods can set.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from argmin.api.base import LABEL_MANAGED_BY, MANAGER
from argmin.api.run import TOKEN_AUDIENCE
from argmin.plan import JOBS, PODS, Key, Manifest, Resource, Runs
from argmin.runtime.intake.rates import Rates
from argmin.runtime.intake.tokens import check_structure, refuse_token
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import RefusalError

T = TypeVar("T")

ReadRuns = Callable[[Manifest], Runs]

TOKEN_REVIEWS = Resource("authentication.k8s.io/v1", "TokenReview", "tokenreviews")

MEMORY_SECONDS = 60.0
"""How long the result of a token review, positive or negative, is cached."""
MOST_REMEMBERED = 4096
QUESTIONS_A_SECOND = 10.0
QUESTIONS_AT_ONCE = 50.0
"""Rate of token reviews for one client address, which may be shared by all pods of a node."""
_RETRY_SECONDS = 2.0
_ENDED = ("Succeeded", "Failed")
_FINAL = (401, 403)
"""HTTP statuses of refusals that another token review would only repeat."""

_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"
_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True)
class Sender:
    """An authenticated pod, and the custom resource that it belongs to."""

    namespace: str
    pod: str
    uid: str
    """Of the pod."""
    run: str
    """The Job of the pod, which has the run's name."""
    resource: Resource
    """Of the owner."""
    owner: Manifest
    """The owner reference of the pod's Job."""

    def check_claim(self, name: str) -> None:
        """Raise `RefusalError` if the request names another owner than the sender's."""
        if self.owner["name"] != name:
            raise RefusalError(403, f"pod {self.pod} does not belong to {name}")


@dataclass(frozen=True)
class _Pod:
    namespace: str
    name: str
    uid: str


class Authenticator:
    """Authenticates senders by the TokenReview API."""

    def __init__(
        self,
        cluster: Cluster,
        owners: Mapping[Resource, ReadRuns],
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`owners` maps the types that may own runs to a function that reads the runs of an object.

        `clock` returns monotonic seconds, `wall_clock` Unix seconds.
        """
        self._cluster = cluster
        self._owners = {(r.group, r.kind): (r, read) for r, read in owners.items()}
        self._wall_clock = wall_clock
        self._questions = Rates(QUESTIONS_A_SECOND, QUESTIONS_AT_ONCE, clock)
        self._known = _Memory[Sender](clock)
        self._refused = _Memory[RefusalError](clock)

    async def authenticate(self, token: str, peer: str = "") -> Sender:
        """The sender with this token; `peer` is its network address.

        Raises:
            RefusalError: the token is not valid, its pod belongs to no owner of `owners`, or too
                many tokens that are not cached come from this address.
            ApiError: the API server could not be asked.
        """
        check_structure(token, self._wall_clock())
        digest = digest_token(token)
        refusal = self._refused.recall(digest)
        if refusal is not None:
            raise RefusalError(refusal.status, refusal.message)
        wait = self._questions.take(peer)
        if wait:
            raise RefusalError(429, "too many tokens come from this address", wait)
        try:
            return await self._find_sender(await self._review(token))
        except RefusalError as error:
            if error.status in _FINAL:
                self._refused.keep(digest, error)
            raise

    async def authenticate_cached(self, token: str, peer: str = "") -> Sender:
        """As `authenticate`, with the result cached for `MEMORY_SECONDS`."""
        digest = digest_token(token)
        sender = self._known.recall(digest)
        if sender is None:
            sender = await self.authenticate(token, peer)
            self._known.keep(digest, sender)
        return sender

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
            raise refuse_token()
        return _read_pod(status["user"])

    async def _find_sender(self, token: _Pod) -> Sender:
        """The pod of a token as the cluster has it, its Job, and the object that has this run."""
        pod = await self._cluster.get(Key(PODS, token.namespace, token.name))
        if pod is None or pod["metadata"]["uid"] != token.uid:
            raise RefusalError(403, f"pod {token.name} of the token is gone")
        if (pod.get("status") or {}).get("phase") in _ENDED:
            raise RefusalError(403, f"pod {token.name} has ended")
        reference = _find_controller(pod)
        if reference is None or reference["kind"] != JOBS.kind:
            raise RefusalError(403, f"pod {token.name} belongs to no Job")
        job = await self._cluster.get(Key(JOBS, token.namespace, reference["name"]))
        if job is None or job["metadata"]["uid"] != reference["uid"]:
            raise RefusalError(403, f"Job {reference['name']} of pod {token.name} is gone")
        run = str(job["metadata"]["name"])
        resource, owner = await self._find_owner(job)
        return Sender(token.namespace, token.name, token.uid, run, resource, owner)

    async def _find_owner(self, job: Manifest) -> tuple[Resource, Manifest]:
        """The type of a Job's owner, and the reference to it.

        Anyone who may create Jobs can set the label and the reference too, so the caller has to
        check that the owner's status names the Job.
        """
        name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
        managed = (job["metadata"].get("labels") or {}).get(LABEL_MANAGED_BY) == MANAGER
        owner = _find_controller(job) or {}
        group = str(owner.get("apiVersion", "")).partition("/")[0]
        known = self._owners.get((group, str(owner.get("kind"))))
        if not managed or known is None:
            raise RefusalError(403, f"Job {name} is not argmin's")
        resource, read_runs = known
        found = await self._cluster.get(resource.key(namespace, owner["name"]))
        if found is None or found["metadata"]["uid"] != owner["uid"]:
            raise RefusalError(403, f"{resource.kind} {owner['name']} of Job {name} is gone")
        _check_run(job["metadata"], f"{resource.kind} {owner['name']}", read_runs(found))
        return resource, owner


def _check_run(job: Manifest, owner: str, runs: Runs) -> None:
    """Check that the status of the owner names a Job, and not only a run of that name.

    A Job is made just before the status names its run, and that names its UID a moment later.
    """
    name = job["name"]
    if name in runs.over:
        raise RefusalError(409, f"{owner} is complete: run {name} delivers nothing more")
    if name not in runs.open:
        message = f"{owner} does not name run {name} in its status"
        raise RefusalError(503, message, _RETRY_SECONDS)
    if runs.open[name] != job["uid"]:
        message = f"{owner} does not name this Job in its status, which has UID {job['uid']}"
        raise RefusalError(503, message, _RETRY_SECONDS)


class _Memory(Generic[T]):
    """Results of token reviews by the token's digest, kept for `MEMORY_SECONDS`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def recall(self, digest: str) -> T | None:
        until, found = self._entries.get(digest, (float("-inf"), None))
        return found if self._clock() < until else None

    def keep(self, digest: str, found: T) -> None:
        self._entries[digest] = (self._clock() + MEMORY_SECONDS, found)
        self._entries.move_to_end(digest)
        if len(self._entries) > MOST_REMEMBERED:
            self._entries.popitem(last=False)


def digest_token(token: str) -> str:
    """The digest under which a token is cached, so that the token itself is not stored."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


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
