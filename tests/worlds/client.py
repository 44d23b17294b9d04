"""The API server as one operator process sees it: `Cluster` without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from argmin.api.base import MANAGER
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.client import FIELD_MANAGER, Page
from argmin.runtime.kube.errors import NotFoundError
from tests.worlds.api_server import ApiServer

T = TypeVar("T")


class CrashError(BaseException):
    """The process died here: nothing may catch this."""


class Client:
    """The connection of one process, which dies right after its n-th write has arrived."""

    def __init__(self, server: ApiServer, writes_left: int | None = None) -> None:
        self._server = server
        self.writes_left = writes_left

    @property
    def has_crashed(self) -> bool:
        return self.writes_left is not None and self.writes_left <= 0

    async def get(self, key: Key) -> Manifest | None:
        return self._read(lambda: self._server.find(key))

    async def get_metadata(self, key: Key) -> Manifest | None:
        found = await self.get(key)
        return found and {"metadata": found["metadata"]}

    async def list_pages(
        self, resource: Resource, namespace: str | None = None, label_selector: str = ""
    ) -> AsyncIterator[Page]:
        items = await self.list_all(resource, namespace, label_selector)
        yield Page(items, self._server.version)

    async def list_all(
        self, resource: Resource, namespace: str | None = None, label_selector: str = ""
    ) -> list[Manifest]:
        pairs = (term.partition("=") for term in label_selector.split(",") if term)
        labels = {name: value for name, _, value in pairs}
        return self._read(lambda: self._server.list_all(resource, namespace, labels))

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        return self._write("create", lambda: self._server.create(resource, manifest, MANAGER))

    async def apply(
        self, resource: Resource, manifest: Manifest, manager: str = FIELD_MANAGER
    ) -> Manifest:
        return self._write("apply", lambda: self._server.apply(resource, manifest, manager))

    async def apply_status(self, resource: Resource, manifest: Manifest) -> Manifest:
        return self._write(
            "apply status", lambda: self._server.apply(resource, manifest, MANAGER, "status")
        )

    async def patch(self, key: Key, body: Manifest) -> Manifest:
        return self._write("patch", lambda: self._server.patch(key, body, MANAGER))

    async def delete(self, key: Key, uid: str = "") -> Manifest | None:
        try:
            return self._write("delete", lambda: self._server.delete(key, uid, MANAGER))
        except NotFoundError:
            return None

    def _read(self, call: Callable[[], T]) -> T:
        if self.has_crashed:
            raise CrashError
        return call()

    def _write(self, verb: str, call: Callable[[], T]) -> T:
        self._server.requests.append(verb)
        answer = self._read(call)
        if self.writes_left is not None:
            self.writes_left -= 1
            if self.has_crashed:
                raise CrashError
        return answer
