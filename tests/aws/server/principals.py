"""Who calls: the sessions that AssumeRole made, with their tags."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.aws.control import ACCOUNT


@dataclass(frozen=True)
class Principal:
    """A user, or the session of a role."""

    arn: str
    account: str
    access_key: str
    role_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    expires: datetime | None = None

    @property
    def role_name(self) -> str:
        """The role's name; empty for a user."""
        return self.role_arn.rpartition("/")[2]


class Principals:
    """Every session by its access key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, Principal] = {}

    def remember(self, principal: Principal) -> None:
        """Know a session from now on."""
        with self._lock:
            self._by_key[principal.access_key] = principal

    def find(self, access_key: str) -> Principal:
        """The session of an access key; the account's root user for any other key."""
        with self._lock:
            known = self._by_key.get(access_key)
        return known or Principal(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, access_key)

    def forget_all(self) -> None:
        """As on the first day."""
        with self._lock:
            self._by_key.clear()
