"""Who calls: an account's administrator, a user of IAM, or the session of a role with its tags."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tests.aws.control import ACCOUNT, ADMINISTRATOR_KEY
from tests.aws.iam import Principal
from tests.aws.server.identities import find_user


@dataclass(frozen=True)
class Caller:
    """Whoever signed a request."""

    principal: Principal
    account: str
    access_key: str
    expires: datetime | None = None
    is_administrator: bool = False
    """May do everything, whatever policies there are: tests set up their stage with it."""

    @property
    def arn(self) -> str:
        """The ARN of the session or of the user."""
        return self.principal.arn


class Callers:
    """Every session that AssumeRole made, by its access key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Caller] = {}

    def remember(self, caller: Caller) -> None:
        """Know a session from now on."""
        with self._lock:
            self._sessions[caller.access_key] = caller

    def find(self, access_key: str) -> Caller:
        """Who signs with an access key; a stranger's is taken for the administrator's."""
        with self._lock:
            session = self._sessions.get(access_key)
        return session or _find_user(access_key) or _administrator(access_key)

    def expire(self, principal: str = "") -> int:
        """Let the sessions whose ARN contains a text expire now; returns how many did."""
        now = datetime.now(UTC)
        with self._lock:
            found = [caller for caller in self._sessions.values() if principal in caller.arn]
            for caller in found:
                self._sessions[caller.access_key] = replace(caller, expires=now)
        return len(found)

    def forget_all(self) -> None:
        """As on the first day."""
        with self._lock:
            self._sessions.clear()


def _find_user(access_key: str) -> Caller | None:
    user = find_user(access_key)
    if user is None:
        return None
    return Caller(Principal(user.arn, tags=user.tags), user.account, access_key)


def _administrator(access_key: str) -> Caller:
    named = access_key.removeprefix(ADMINISTRATOR_KEY)
    account = named if named != access_key and named.isdigit() else ACCOUNT
    principal = Principal(f"arn:aws:iam::{account}:root")
    return Caller(principal, account, access_key, is_administrator=True)
