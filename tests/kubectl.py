"""kubectl for tests, as a user runs it, with objects read back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from tests.api_client import ATTEMPTS, SECONDS, ApiError, Object, open_client
from tests.cluster import client_program
from tests.cluster.waiting import wait_until

__all__ = ["Kubectl", "KubectlError", "Object", "condition_of", "finished", "holds"]


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

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of a process that talks to this cluster."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    def within(self, namespace: str) -> Kubectl:
        """The same cluster, another namespace."""
        return Kubectl(self.kubeconfig, namespace)

    def apply(self, *manifests: Object) -> None:
        """Apply objects, one after the other."""
        client = open_client(self.kubeconfig)
        if client is None:
            # As JSON: PyYAML writes the text "1e-6" without the quotes that Kubernetes needs.
            self.run("apply", "--filename=-", stdin="\n---\n".join(map(json.dumps, manifests)))
            return
        try:
            for manifest in manifests:
                client.apply(manifest, self.namespace)
        except ApiError as error:
            raise KubectlError(str(error)) from error

    def try_apply(self, manifest: Object) -> Object:
        """What would come of an object if it were applied: admission says so, nothing is kept."""
        client = open_client(self.kubeconfig)
        if client is None:
            options = ("--server-side", "--dry-run=server", "--output=json", "--filename=-")
            tried: Object = json.loads(self.run("apply", *options, stdin=json.dumps(manifest)))
            return tried
        try:
            return client.apply(manifest, self.namespace, dry_run=True)
        except ApiError as error:
            raise KubectlError(str(error)) from error

    def create(self, *manifests: Object) -> str:
        """`kubectl create` of objects that are too large for the annotation of an `apply`."""
        return self.run("create", "--filename=-", stdin="\n---\n".join(map(json.dumps, manifests)))

    def apply_file(self, path: Path) -> str:
        """`kubectl apply -f`."""
        return self.run("apply", f"--filename={path}")

    def find(self, kind: str, name: str) -> Object | None:
        """An object, or `None` where there is none."""
        client = open_client(self.kubeconfig)
        if client is None:
            found = self._read("get", kind, name, "--output=json", "--ignore-not-found")
            return json.loads(found) if found else None
        try:
            return client.find(kind, name, self.namespace)
        except ApiError as error:
            raise KubectlError(str(error)) from error

    def get(self, kind: str, name: str) -> Object:
        """An object that is expected to be there."""
        found = self.find(kind, name)
        if found is None:
            raise KubectlError(f"{kind} {name} is not there")
        return found

    def list(self, kind: str, selector: str = "") -> list[Object]:
        """Objects of a kind, by labels."""
        client = open_client(self.kubeconfig)
        if client is None:
            text = self._read("get", kind, f"--selector={selector}", "--output=json")
            items: list[Object] = json.loads(text)["items"]
            return items
        try:
            return client.list(kind, selector, self.namespace)
        except ApiError as error:
            raise KubectlError(str(error)) from error

    @retry(
        retry=retry_if_exception_type(subprocess.TimeoutExpired),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    def _read(self, *args: str) -> str:
        # What changes nothing is asked again where an answer is lost.
        return self.run(*args, timeout=SECONDS)

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
