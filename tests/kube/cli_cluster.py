"""A cluster for the tests of the command line: jobs in it, and the statuses that we write."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from argmin.api.answer import Outcome, OutputFile, Sense
from argmin.api.conditions import COMPLETE, FAILED, RECONCILING
from argmin.api.optimization.spec import OptimizationJobStatus, SolutionRef, State
from argmin.api.run import LOG_KEY, OUTPUTS_KEY, PROOF_KEY, SOLUTION_KEY
from argmin.api.solve.proof import Proof, ProofLevel
from argmin.optimization.status import ConditionUpdate, set_conditions, to_wire
from tests.cluster import api_server
from tests.kubectl import Kubectl, holds
from tests.refusals import MODEL

CRDS = Path(__file__).resolve().parents[2] / "crds"
KIND = "optimizationjobs.argmin.dev"

RUNNING = ConditionUpdate(State.RUNNING, (RECONCILING,), "Running", "its pod is running")
STOPPING = ConditionUpdate(State.RUNNING, (RECONCILING,), "Stopping", "SageMaker stops its job")
SOLVED = ConditionUpdate(State.COMPLETE, (COMPLETE,), "Optimal", "proven optimal")
BROKEN = ConditionUpdate(State.FAILED, (FAILED,), "InvalidModel", "model.mps line 3: no such row")


def job(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": name},
        "spec": {"model": MODEL, **spec},
    }


def answer(**fields: Any) -> OptimizationJobStatus:
    return OptimizationJobStatus(
        outcome=Outcome.OPTIMAL,
        sense=Sense.MINIMIZE,
        objective="15005.0",
        best_bound="15005.0",
        gap="0",
        solver="cbc",
        solver_version="2.10.12",
        proof=Proof(level=ProofLevel.CERTIFIED),
        **fields,
    )


@dataclass(frozen=True)
class Jobs:
    """The jobs of one namespace."""

    kubectl: Kubectl

    @property
    def options(self) -> list[str]:
        """How the command line finds them."""
        return ["--kubeconfig", str(self.kubectl.kubeconfig), "-n", self.kubectl.namespace]

    def create(self, name: str, **spec: Any) -> None:
        self.kubectl.apply(job(name, **spec))

    def set_conditions(
        self, name: str, verdict: ConditionUpdate, status: OptimizationJobStatus | None = None
    ) -> None:
        """Write a status, as the operator would."""
        generation = self.kubectl.get(KIND, name)["metadata"]["generation"]
        written = set_conditions(
            status or OptimizationJobStatus(), verdict, generation, datetime.now(UTC)
        )
        patch = json.dumps({"status": {"progress": None, **to_wire(written)}})
        self.kubectl.run(
            "patch", KIND, name, "--subresource=status", "--type=merge", f"--patch={patch}"
        )

    def deliver(
        self,
        name: str,
        solution: Mapping[str, Any],
        log: str | None = None,
        outputs: Mapping[str, bytes] | None = None,
        proof: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a result, as the intake would, and a status that refers to it."""
        parts = {SOLUTION_KEY: gzip.compress(json.dumps(solution).encode())}
        if proof is not None:
            parts[PROOF_KEY] = gzip.compress(json.dumps(proof).encode())
        if log is not None:
            parts[LOG_KEY] = gzip.compress(log.encode())
        if outputs is not None:
            parts[OUTPUTS_KEY] = archive(outputs)
        self.keep(name, parts)
        names = {file.partition("/")[0] for file in outputs or ()}
        status = answer(
            solution_ref=SolutionRef(config_map=f"{name}-result", key=SOLUTION_KEY),
            outputs=tuple(OutputFile(name=output, files=1) for output in sorted(names - {".."})),
        )
        self.set_conditions(name, SOLVED, status)

    def keep(self, name: str, parts: Mapping[str, bytes]) -> None:
        """Write the ConfigMap of a result."""
        data = {key: base64.b64encode(part).decode() for key, part in parts.items()}
        metadata = {"name": f"{name}-result"}
        self.kubectl.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "binaryData": data}
        )


def archive(files: Mapping[str, bytes]) -> bytes:
    """A gzip tar of files by their names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def open_jobs(cluster: str) -> Iterator[Jobs]:
    """A real API server that knows OptimizationJobs, and nobody who acts on them."""
    with api_server(cluster) as kubeconfig:
        kubectl = Kubectl(kubeconfig)
        for path in sorted(CRDS.glob("*.yaml")):
            kubectl.apply_file(path)
        # `kubectl wait` stumbles over a CRD without any condition yet.
        kubectl.wait_for("crd", KIND, lambda crd: holds(crd, "Established"), "is served", 30)
        yield Jobs(kubectl)


def write_kubeconfig(path: Path, original: Path, token: str) -> Path:
    """The same cluster for another user."""
    config = yaml.safe_load(original.read_text())
    config["users"] = [{"name": "other", "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"]["user"] = "other"
    path.write_text(yaml.safe_dump(config))
    return path
