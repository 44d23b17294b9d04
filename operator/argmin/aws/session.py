"""Sessions with AWS: one for each role and namespace, with automatic refresh of credentials.

Clients are botocore's, which are thread-safe. Credentials are kept in memory only and are not
logged: botocore's own log, which would contain them, is disabled.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials

from argmin import __version__
from argmin.aws.error_mapping import EXPIRED_CODES, read_code
from argmin.aws.models import Access

NAMESPACE_TAG = "argmin.dev/namespace"
ROLE_SECONDS = 3600
"""Seconds for which a role is assumed: the maximum for role chaining."""
LONG_POLL_SECONDS = 20

# At level DEBUG botocore prints whole answers, and those of STS hold keys; its warnings say with a
# traceback what our errors say in a line.
logging.getLogger("botocore").setLevel(logging.ERROR)

CallObserver = Callable[[str, str, str, float], None]
"""Called after every call: service, operation, error code or `OK`, seconds."""


@dataclass(frozen=True)
class ClientSettings:
    """Settings of the clients."""

    connections: int = 16
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    sessions: int = 64
    """Maximum number of sessions; the least recently used is dropped."""
    clients: int = 16
    """Maximum number of clients in each session: one for each service and region."""


class Session:
    """One identity and its clients."""

    def __init__(self, inner: Any, settings: ClientSettings) -> None:
        self._inner = inner
        self._settings = settings
        self._clients: OrderedDict[tuple[str, str, str | None], Any] = OrderedDict()
        self._lock = threading.Lock()

    def client(self, service: str, region: str, endpoint: str | None = None) -> Any:
        """The client of a service; created once, since that is slow."""
        key = (service, region, endpoint)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._inner.create_client(
                    service,
                    region_name=region or None,
                    endpoint_url=endpoint,
                    config=self._configure(service, endpoint),
                )
            self._clients.move_to_end(key)
            while len(self._clients) > self._settings.clients:
                self._clients.popitem(last=False)
            return self._clients[key]

    def _configure(self, service: str, endpoint: str | None) -> Config:
        settings = self._settings
        wait = LONG_POLL_SECONDS if service == "sqs" else 0
        elsewhere = endpoint or os.environ.get("AWS_ENDPOINT_URL")
        return Config(
            connect_timeout=settings.connect_seconds,
            read_timeout=settings.read_seconds + wait,
            # Retries are made by `argmin.aws.client`, without blocking a thread.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=settings.connections,
            user_agent_extra=f"argmin/{__version__}",
            # Servers other than Amazon's seldom have a name for each bucket.
            s3={"addressing_style": "path" if elsewhere else "auto"},
        )


@dataclass(frozen=True)
class _Resolver:
    """Credential resolver of a botocore session, instead of the default chain."""

    credentials: Any = field(repr=False)

    def load_credentials(self) -> Any:
        """The interface that botocore calls."""
        return self.credentials


class Sessions:
    """The sessions of a process; safe to use from many threads."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        observe_call: CallObserver | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings or ClientSettings()
        self._observe_call = observe_call or (lambda *_: None)
        self._now = now
        self._loader = botocore.session.Session().get_component("data_loader")
        self._regions = _list_regions(self._loader)
        self._sessions: OrderedDict[tuple[str | None, str], Session] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, access: Access) -> Session:
        """The session of an identity; no call is made before its first use."""
        key = (access.role_arn, access.namespace if access.role_arn else "")
        with self._lock:
            if key not in self._sessions:
                self._sessions[key] = Session(self._open(access), self._settings)
            self._sessions.move_to_end(key)
            while len(self._sessions) > self._settings.sessions:
                self._sessions.popitem(last=False)
            return self._sessions[key]

    def knows(self, region: str) -> bool:
        """Whether botocore lists a region."""
        return region in self._regions

    def forget(self, stale: Session) -> None:
        """Refresh an identity's credentials, unless another thread has done so."""
        with self._lock:
            for key, session in self._sessions.items():
                if session is stale:
                    del self._sessions[key]
                    return

    def _open(self, access: Access) -> Any:
        session = botocore.session.Session()
        # The description of SageMaker alone takes 20 MB: all sessions share one.
        session.register_component("data_loader", self._loader)
        if access.role_arn:
            credentials = DeferredRefreshableCredentials(
                refresh_using=lambda: self._assume(access),
                method="assume-role",
                time_fetcher=self._now,
            )
            session.register_component("credential_provider", _Resolver(credentials))
        return session

    def _assume(self, access: Access) -> dict[str, str]:
        """Assume a role; botocore calls this when credentials are due, one thread at a time."""
        own = self.find(Access(region=access.region))
        client = own.client("sts", find_region(access))
        started, code = time.monotonic(), "OK"
        try:
            answer = client.assume_role(**_build_request(access))
        except Exception as error:
            code = read_code(error)
            if code in EXPIRED_CODES:
                self.forget(own)
            raise
        finally:
            self._observe_call("sts", "AssumeRole", code, time.monotonic() - started)
        credentials = answer["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }


def _list_regions(loader: Any) -> frozenset[str]:
    partitions = loader.load_data("partitions")["partitions"]
    return frozenset(region for partition in partitions for region in partition["regions"])


def find_region(access: Access) -> str:
    """The region of a call: as asked, else that of the process; empty where neither names one."""
    return access.region or os.environ.get("AWS_REGION", "")


def _build_request(access: Access) -> dict[str, Any]:
    name = re.sub(r"[^\w+=,.@-]", "-", f"argmin-{access.namespace}".rstrip("-"))[:64]
    tags = [{"Key": NAMESPACE_TAG, "Value": access.namespace}] if access.namespace else []
    return {
        "RoleArn": access.role_arn,
        "RoleSessionName": name,
        "DurationSeconds": ROLE_SECONDS,
        **({"Tags": tags} if tags else {}),
    }
