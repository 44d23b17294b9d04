"""An API server over HTTP, for tests: a process of kubectl costs fifty times as much."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.cluster.cache import cache_root

Object = dict[str, Any]

SECONDS = 40.0
ATTEMPTS = 3
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_USABLE = ({"client-certificate", "client-key"}, {"token"})


class ApiError(Exception):
    """The API server refuses a request, or does not answer; the message is its own."""


class UnknownKindError(ApiError):
    """The API server serves no such kind."""


@dataclass(frozen=True)
class ResourceType:
    """A kind as the API server's discovery describes it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """As objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str) -> str:
        """The path of its objects, all or those of a namespace."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}{place}/{self.plural}"


class ApiClient:
    """Acts as the user of a kubeconfig, and knows kinds by the names that kubectl takes."""

    def __init__(self, server: str, trust: ssl.SSLContext, headers: Mapping[str, str]) -> None:
        self._http = httpx.Client(
            base_url=server, verify=trust, headers=headers, timeout=SECONDS, trust_env=False
        )
        self._types: dict[str, ResourceType] = {}

    def find(self, kind: str, name: str, namespace: str) -> Object | None:
        """An object, or `None` where there is none.

        Raises:
            ApiError: the kind is not known, or the read is refused.
        """
        resource = self._resolve(kind)
        return self._read(f"{resource.path(namespace)}/{name}", {})

    def list(self, kinds: str, selector: str, namespace: str) -> list[Object]:
        """Objects of one or several kinds (`jobs,pods`), by labels.

        Raises:
            ApiError: a kind is not known, or the read is refused.
        """
        found: list[Object] = []
        for resource in [self._resolve(kind) for kind in kinds.split(",")]:
            answer = self._read(resource.path(namespace), {"labelSelector": selector}) or {}
            names = {"apiVersion": resource.api_version, "kind": resource.kind}
            found += [{**names, **item} for item in answer.get("items") or ()]
        return found

    def apply(self, manifest: Object, namespace: str, *, dry_run: bool = False) -> Object:
        """Server-side apply, with kubectl's strictness about unknown fields; what came of it.

        Raises:
            ApiError: the kind is not known, or the object is refused.
        """
        metadata = manifest["metadata"]
        resource = self._resolve(f"{manifest['apiVersion']} {manifest['kind']}")
        path = f"{resource.path(metadata.get('namespace', namespace))}/{metadata['name']}"
        query = {"fieldManager": "kubectl", "force": "true", "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        content = {"Content-Type": "application/apply-patch+yaml"}
        # As JSON: PyYAML writes the text "1e-6" without the quotes that Kubernetes needs.
        body = json.dumps(manifest)
        answer = self._ask("PATCH", path, params=query, headers=content, content=body)
        if answer.is_error:
            raise ApiError(_find_message(answer))
        applied: Object = answer.json()
        return applied

    def _resolve(self, kind: str) -> ResourceType:
        if kind not in self._types:
            self._types = self._discover()
        try:
            return self._types[kind]
        except KeyError:
            raise UnknownKindError(f"the server has no resource type {kind!r}") from None

    def _discover(self) -> dict[str, ResourceType]:
        types: dict[str, ResourceType] = {}
        for path in ("/api", "/apis"):
            for group in (self._read(path, {}, _DISCOVERY) or {}).get("items", ()):
                for name, resource in _name_resources(group):
                    # The first that bears a name is the one that kubectl means by it.
                    types.setdefault(name, resource)
        return types

    def _read(
        self, path: str, query: Mapping[str, str], accept: str = "application/json"
    ) -> Object | None:
        answer = self._ask("GET", path, params=query, headers={"Accept": accept})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_error:
            raise ApiError(_find_message(answer))
        read: Object = answer.json()
        return read

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        # Reading and applying may both be asked for twice.
        for _ in range(ATTEMPTS - 1):
            with suppress(httpx.TransportError):
                return self._http.request(method, path, **request)
        try:
            return self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise ApiError(f"{path}: {error}") from error


def _find_message(answer: httpx.Response) -> str:
    """The message of the Status that an API server answers; the plain text of others."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text


def _name_resources(group: Object) -> Iterable[tuple[str, ResourceType]]:
    name = group["metadata"].get("name", "")
    for version in group["versions"]:
        for entry in version["resources"]:
            resource = ResourceType(
                group=name,
                version=version["version"],
                plural=entry["resource"],
                kind=entry["responseKind"]["kind"],
                namespaced=entry["scope"] == "Namespaced",
            )
            plural, singular = entry["resource"], entry.get("singularResource", "")
            yield f"{resource.api_version} {resource.kind}", resource
            for alias in (plural, singular, *entry.get("shortNames", ())):
                yield alias, resource
                yield f"{alias}.{name}", resource


def open_client(kubeconfig: Path) -> ApiClient | None:
    """A client of a cluster that `tests.cluster` made; `None` for others.

    Of those only kubectl knows the way: by plugins for credentials, through proxies.
    """
    return _open(kubeconfig.read_text())


@lru_cache(maxsize=16)
def _open(text: str) -> ApiClient | None:
    config = yaml.safe_load(text)
    context = _pick(config["contexts"], config["current-context"])["context"]
    cluster = _pick(config["clusters"], context["cluster"])["cluster"]
    user = _pick(config["users"], context["user"])["user"]
    authority = Path(cluster.get("certificate-authority", ""))
    if not authority.is_relative_to(cache_root()) or set(user) not in _USABLE:
        return None
    trust = ssl.create_default_context(cafile=str(authority))
    if "token" in user:
        return ApiClient(cluster["server"], trust, {"Authorization": f"Bearer {user['token']}"})
    trust.load_cert_chain(user["client-certificate"], user["client-key"])
    return ApiClient(cluster["server"], trust, {})


def _pick(entries: Iterable[Object], name: str) -> Object:
    return next(entry for entry in entries if entry["name"] == name)
