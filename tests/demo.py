"""`make demo`: a cluster, argmin from its chart, American Steel, and the answer it must give."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.cluster import Images, build_images, client_program, cluster
from tests.cluster.errors import ClusterError
from tests.installation import ROOT, InstallationError, install
from tests.kubectl import Kubectl, KubectlError, finished

EXAMPLE = Path("examples/american-steel/job.yaml")
JOB = "american-steel"
EXPECTED = {"outcome": "Optimal", "objective": "15005.0"}
TIMEOUT_SECONDS = 300

console = Console()


def say(text: str) -> None:
    console.print(f"[bold]==> {text}[/bold]", soft_wrap=True)


def prepare(name: str, *values: str) -> Kubectl:
    """A cluster with argmin installed; `values` are further settings of the chart."""
    say("A Kubernetes cluster")
    provider = cluster(name)
    provider.up()
    say("The images of the operator and of the solvers")
    images: Images = build_images(provider)
    kubectl = Kubectl(provider.kubeconfig())
    say("argmin, installed by its Helm chart")
    install(kubectl, images, *values)
    return kubectl


def solve(kubectl: Kubectl, example: Path = EXAMPLE, name: str = JOB) -> dict[str, object]:
    """Apply an example anew and wait for its end; the status of its job."""
    where = "" if kubectl.namespace == "default" else f"--namespace={kubectl.namespace} "
    say(f"kubectl {where}apply -f {example}")
    kubectl.delete("optimizationjobs.argmin.dev", name)
    console.print(kubectl.apply_file(ROOT / example), end="")
    job = kubectl.wait_for(
        "optimizationjobs.argmin.dev", name, finished, "to finish", timeout=TIMEOUT_SECONDS
    )
    say(f"kubectl {where}get opt")
    console.print(kubectl.run("get", "opt", name), end="", soft_wrap=True)
    status: dict[str, object] = job["status"]
    return status


def check(status: dict[str, object]) -> None:
    """End the demo where the answer is not the one that American Steel has."""
    answer = {field: status.get(field) for field in EXPECTED}
    if answer != EXPECTED:
        sys.exit(f"The demo failed: expected {EXPECTED}, kubectl shows {answer}\n{status}")
    say(f"Verified: outcome {answer['outcome']}, objective {answer['objective']}")


def main(cluster_name: Annotated[str, typer.Option("--cluster")] = "argmin") -> None:
    """Show argmin at work on a cluster of its own."""
    try:
        kubectl = prepare(cluster_name)
        status = solve(kubectl)
    except (ClusterError, InstallationError, KubectlError) as error:
        sys.exit(f"The demo failed: {error}")
    check(status)
    # Plain lines: wrapped ones could not be pasted.
    print(f"\nLook around:   export KUBECONFIG={kubectl.kubeconfig}")
    print(f"               export PATH={client_program('kubectl').parent}:$PATH")
    print("               kubectl get opt; kubectl describe opt american-steel")
    print(f"Take it down:  make cluster-down CLUSTER={cluster_name}")


if __name__ == "__main__":
    typer.run(main)
