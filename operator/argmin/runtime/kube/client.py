"""The client of the API server: one class for all resources."""

from __future__ import annotations

import codecs
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml
from kubernetes.aio import client, config

from argmin.api.base import MANAGER
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.errors import (
    ApiError,
    ConnectError,
    NotFoundError,
    UnavailableError,
    error_of,
)
from argmin.runtime.kube.request import APPLY, MERGE, METADATA, Call

FIELD_MANAGER = MANAGER

CALL_TIMEOUT = 30.0
"""Seconds for one call, from connecting to the last byte."""
CONNECT_TIMEOUT = 5.0
PAGE_SIZE = 500

_UNUSABLE = (config.ConfigException, OSError, TypeError, AttributeError, yaml.YAMLError)
"""What the client raises for a kubeconfig that is missing, not YAML, or of another schema."""
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

CallObserver = Callable[[str, str, int, float], None]
"""Called after every request: verb, resource, HTTP status (0: no response), seconds."""


@dataclass(frozen=True)
class Page:
    """A page of a list; the resource version is that of the whole list."""

    items: list[Manifest]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """A watch event of one object: `ADDED`, `MODIFIED` or `DELETED`."""

    type: str
    object: Manifest


@dataclass(frozen=True)
class Credentials:
    """What an HTTP client needs; the token is the current one and may be rotated."""

    server: str
    ca_path: str | None
    certificate_path: str | None
    key_path: str | None
    token: str | None
    insecure: bool


@dataclass(frozen=True)
class Connection:
    """A configured connection; nothing has been sent yet."""

    configuration: Any
    namespace: str
    """The namespace that the context or the service account belongs to."""

    async def credentials(self) -> Credentials:
        """The current credentials, with a fresh token if tokens are used."""
        settings = self.configuration
        token = await settings.get_api_key_with_prefix("BearerToken", alias="authorization")
        return Credentials(
            server=settings.host,
            ca_path=settings.ssl_ca_cert,
            certificate_path=settings.cert_file,
            key_path=settings.key_file,
            token=token.partition(" ")[2] or token if token else None,
            insecure=not settings.verify_ssl,
        )


class Cluster:
    """The API server.

    Every method raises one of `argmin.runtime.kube.errors` if the server refuses or does not
    respond. Objects are JSON mappings as the server returned them.
    """

    def __init__(self, connection: Connection, observe_call: CallObserver | None = None) -> None:
        self.connection = connection
        self._client = client.ApiClient(connection.configuration)
        self._observe_call = observe_call

    @classmethod
    async def connect(
        cls,
        kubeconfig: str | None = None,
        context: str | None = None,
        observe_call: CallObserver | None = None,
    ) -> Self:
        """Connect by the service account of this pod, or by a kubeconfig.

        Raises:
            ConnectError: there is neither, or the kubeconfig cannot be used.
        """
        return cls(await _connect_to(kubeconfig, context), observe_call)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, key: Key) -> Manifest | None:
        """One object; `None` if it does not exist."""
        return await self._find(Call("get", "GET", key.resource, key.namespace, key.name))

    async def get_metadata(self, key: Key) -> Manifest | None:
        """The metadata of one object, without its content; `None` if it does not exist."""
        call = Call("get", "GET", key.resource, key.namespace, key.name, accept=METADATA)
        return await self._find(call)

    async def list_pages(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str = "",
        page_size: int = PAGE_SIZE,
        field_selector: str = "",
    ) -> AsyncIterator[Page]:
        """The objects of a type in pages of one snapshot; `namespace=None` for all namespaces."""
        token = ""
        while True:
            query = [("limit", str(page_size))]
            query += [("labelSelector", label_selector)] if label_selector else []
            query += [("fieldSelector", field_selector)] if field_selector else []
            query += [("continue", token)] if token else []
            listed = await self._send(Call("list", "GET", resource, namespace, query=tuple(query)))
            # Items of a list carry neither apiVersion nor kind when they come from the server.
            stamp = {"apiVersion": resource.api_version, "kind": resource.kind}
            items = [{**stamp, **item} for item in listed.get("items") or []]
            yield Page(items, listed["metadata"]["resourceVersion"])
            token = listed["metadata"].get("continue") or ""
            if not token:
                return

    async def list_all(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[Manifest]:
        """The objects of a type in one list, for the CLI."""
        pages = self.list_pages(resource, namespace, label_selector, field_selector=field_selector)
        return [item async for page in pages for item in page.items]

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create an object; `ConflictError` with reason `AlreadyExists` if the name is taken."""
        namespace = manifest.get("metadata", {}).get("namespace")
        return await self._send(Call("create", "POST", resource, namespace, body=manifest))

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Replace an object if it still has the resource version of the manifest."""
        metadata = manifest["metadata"]
        namespace, name = metadata.get("namespace"), metadata["name"]
        return await self._send(Call("update", "PUT", resource, namespace, name, body=manifest))

    async def apply(
        self, resource: Resource, manifest: Manifest, manager: str = FIELD_MANAGER
    ) -> Manifest:
        """Server-side apply: create the object, or set the fields that the manifest has."""
        return await self._apply(resource, manifest, manager)

    async def apply_status(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Server-side apply of `status`; with `metadata.uid`, only to the object with that uid."""
        return await self._apply(resource, manifest, FIELD_MANAGER, "status")

    async def patch(self, key: Key, body: Manifest) -> Manifest:
        """Merge patch of an object that exists."""
        return await self._send(
            Call(
                "patch",
                "PATCH",
                key.resource,
                key.namespace,
                key.name,
                query=(("fieldManager", FIELD_MANAGER),),
                body=body,
                content_type=MERGE,
            )
        )

    async def delete(self, key: Key, uid: str = "") -> Manifest | None:
        """Delete in the background; `None` if it is gone already.

        With `uid`, an object of that name with another uid is not deleted: `ConflictError`.
        """
        options: Manifest = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        call = Call("delete", "DELETE", key.resource, key.namespace, key.name, body=options)
        return await self._find(call)

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        name: str = "",
        since: str = "",
        timeout: int = 300,
    ) -> AsyncGenerator[WatchEvent]:
        """Changes of objects, for the CLI; ends after `timeout` seconds.

        Raises:
            ExpiredError: `since`, a resource version, is too old.
        """
        query = [("watch", "true"), ("timeoutSeconds", str(timeout))]
        query += [("fieldSelector", f"metadata.name={name}")] if name else []
        query += [("resourceVersion", since)] if since else []
        call = Call("watch", "GET", resource, namespace, query=tuple(query))
        async with self._open(call, timeout + CONNECT_TIMEOUT) as response:
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise error_of(status.get("code", 500), status.get("message", "watch failed"))
                yield WatchEvent(event["type"], event["object"])

    async def stream_logs(
        self,
        key: Key,
        container: str = "",
        follow: bool = False,
        tail: int | None = None,
        timeout: float = 24 * 3600.0,
    ) -> AsyncGenerator[str]:
        """The log of a pod's container in chunks as they arrive; with `follow` until it ends."""
        query = [("container", container)] if container else []
        query += [("follow", "true")] if follow else []
        query += [("tailLines", str(tail))] if tail is not None else []
        call = Call("get", "GET", key.resource, key.namespace, key.name, "log", query=tuple(query))
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        async with self._open(call, timeout) as response:
            async for chunk in response.content.iter_any():
                yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)

    async def _apply(
        self, resource: Resource, manifest: Manifest, manager: str, subresource: str = ""
    ) -> Manifest:
        metadata = manifest["metadata"]
        return await self._send(
            Call(
                "apply",
                "PATCH",
                resource,
                metadata.get("namespace"),
                metadata["name"],
                subresource,
                query=(("fieldManager", manager), ("force", "true")),
                body=manifest,
                content_type=APPLY,
            )
        )

    async def _find(self, call: Call) -> Manifest | None:
        try:
            return await self._send(call)
        except NotFoundError:
            return None

    async def _send(self, call: Call) -> Manifest:
        async with self._open(call, CALL_TIMEOUT) as response:
            answer: Manifest = json.loads(await response.read())
            return answer

    @asynccontextmanager
    async def _open(self, call: Call, timeout: float) -> AsyncIterator[aiohttp.ClientResponse]:
        started = time.monotonic()
        status = 0
        try:
            response = await self._request(call, timeout)
            status = response.status
            async with response:
                if status >= 400:
                    raise await _read_error(call, response)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _silence(call, error, timeout) from error
        finally:
            if self._observe_call:
                resource = "/".join(filter(None, (call.resource.plural, call.subresource)))
                self._observe_call(call.verb, resource, status, time.monotonic() - started)

    async def _request(self, call: Call, timeout: float) -> aiohttp.ClientResponse:
        headers = {
            "Accept": call.accept,
            "Content-Type": call.content_type,
            "User-Agent": MANAGER,
        }
        await self._client.update_params_for_auth(
            headers, [], ["BearerToken"], call.path, call.method, call.body
        )
        answer = await self._client.call_api(
            call.method,
            self._client.configuration.host + call.path,
            header_params=headers,
            body=call.body,
            _request_timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_TIMEOUT),
        )
        response: aiohttp.ClientResponse = answer.response
        return response


async def _read_error(call: Call, response: aiohttp.ClientResponse) -> ApiError:
    text = await response.text(errors="replace")
    try:
        status = json.loads(text)
    except ValueError:
        status = {}
    said = status.get("message") or text[:500] or response.reason
    after = response.headers.get("Retry-After", "")
    return error_of(
        response.status,
        f"cannot {call.verb} {call.target}: {said}",
        status.get("reason") or "",
        float(after) if after.isdigit() else None,
        [cause.get("reason") for cause in (status.get("details") or {}).get("causes") or ()],
    )


def _silence(call: Call, error: Exception, timeout: float) -> ApiError:
    said = f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else str(error)
    return UnavailableError(f"cannot {call.verb} {call.target}: {said or type(error).__name__}")


async def _connect_to(kubeconfig: str | None = None, context: str | None = None) -> Connection:
    """Prefer what is named; else the service account of this pod; else the user's kubeconfig.

    Raises:
        ConnectError: none of them can be used; the message names what to do.
    """
    configuration = client.Configuration()
    named = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    try:
        if not kubeconfig and not context and _is_in_cluster():
            config.load_incluster_config(client_configuration=configuration)
            return Connection(configuration, (_ACCOUNT / "namespace").read_text().strip())
        _check_files(named)
        await config.load_kube_config(
            config_file=kubeconfig, context=context, client_configuration=configuration
        )
        return Connection(configuration, _namespace_of(kubeconfig, context))
    except _UNUSABLE as error:
        raise ConnectError(
            f"cannot use the kubeconfig {named}: {error}."
            " Name another with --kubeconfig or KUBECONFIG, or a context with --context."
        ) from error


def _check_files(named: str) -> None:
    if not any(Path(path).expanduser().is_file() for path in named.split(os.pathsep) if path):
        raise FileNotFoundError("there is no such file")


def _is_in_cluster() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ and (_ACCOUNT / "token").exists()


def _namespace_of(kubeconfig: str | None, context: str | None) -> str:
    contexts, current = config.list_kube_config_contexts(config_file=kubeconfig)
    named = next((c for c in contexts if c["name"] == context), current)
    return named["context"].get("namespace") or "default"
