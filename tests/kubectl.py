"""kubectl for tests, as a user runs it, with JSON read back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from tests.cluster import client_program
from tests.cluster.waiting import wait_until

Object = dict[str, Any]

READ_SECONDS = 40.0
READ_ATTEMPTS = 3


class KubectlError(Exception):
    """kubectl refused or failed; the message is its own."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl against one cluster and one namespace."""

    kubeconfig: Path
    namespace: str = "default"

    def run(self, *args: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Standard output; raises `KubectlError` with standard error."""
        done = subprocess.run(
            [str(client_program("kubectl")), f"--namespace={self.namespace}", *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self.environment,
            check=False,
        )
        if done.returncode != 0:
            raise KubectlError(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    @retry(
        retry=retry_if_exception_type(subprocess.TimeoutExpired),
        stop=stop_after_attempt(READ_ATTEMPTS),
        reraise=True,
    )
    def read(self, *args: str) -> str:
        """What a command shows that changes nothing: asked again where an answer is lost."""
        return self.run(*args, timeout=READ_SECONDS)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of a process that talks to this cluster."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    def within(self, namespace: str) -> Kubectl:
        """The same cluster, another namespace."""
        return Kubectl(self.kubeconfig, namespace)

    def apply(self, *manifests: Object) -> str:
        """`kubectl apply` of objects."""
        # As JSON: PyYAML writes the text "1e-6" without the quotes that Kubernetes needs.
        return self.run("apply", "--filename=-", stdin="\n---\n".join(map(json.dumps, manifests)))

    def create(self, *manifests: Object) -> str:
        """`kubectl create` of objects that are too large for the annotation of an `apply`."""
        return self.run("create", "--filename=-", stdin="\n---\n".join(map(json.dumps, manifests)))

    def apply_file(self, path: Path) -> str:
        """`kubectl apply -f`."""
        return self.run("apply", f"--filename={path}")

    def find(self, kind: str, name: str) -> Object | None:
        """An object, or `None` where there is none."""
        found = self.read("get", kind, name, "--output=json", "--ignore-not-found")
        return json.loads(found) if found else None

    def get(self, kind: str, name: str) -> Object:
        """An object that is expected to be there."""
        found = self.find(kind, name)
        if found is None:
            raise KubectlError(f"{kind} {name} is not there")
        return found

    def list(self, kind: str, selector: str = "") -> list[Object]:
        """Objects of a kind, by labels."""
        text = self.read("get", kind, f"--selector={selector}", "--output=json")
        items: list[Object] = json.loads(text)["items"]
        return items

    def delete(self, kind: str, name: str, *options: str) -> None:
        """Delete an object and wait until it is gone; nothing to do where there is none."""
        self.run("delete", kind, name, "--ignore-not-found", *options)

    def wait_for(
        self,
        kind: str,
        name: str,
        holds: Callable[[Object], bool],
        what: str,
        timeout: float = 120,
    ) -> Object:
        """Wait until an object is as it should be; the failure shows its status."""
        last: Object = {}

        def look() -> bool:
            nonlocal last
            last = self.find(kind, name) or {}
            return bool(last) and holds(last)

        wait_until(
            look,
            f"{kind} {name} {what}",
            timeout=timeout,
            interval=0.2,
            hint=lambda: json.dumps(last.get("status"), indent=1),
        )
        return last


def condition_of(obj: Object, kind: str) -> Object:
    """A condition of an object; empty where it has none of that type."""
    conditions = obj.get("status", {}).get("conditions") or []
    return next((c for c in conditions if c["type"] == kind), {})


def holds(obj: Object, kind: str) -> bool:
    """Whether a condition is `True`."""
    return bool(condition_of(obj, kind).get("status") == "True")


def finished(obj: Object) -> bool:
    """Whether a job is over, with or without an answer."""
    return holds(obj, "Complete") or holds(obj, "Failed")
