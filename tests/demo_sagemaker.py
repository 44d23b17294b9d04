"""`make demo-sagemaker`: American Steel, solved by SageMaker of an AWS on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tests.aws.chart import list_settings
from tests.aws.emulator import Aws
from tests.aws.environment import EmulatorError
from tests.aws.running import start
from tests.aws.seed import BUCKET
from tests.cluster import cluster
from tests.cluster.errors import ClusterError
from tests.demo import check, console, prepare, say, solve
from tests.installation import InstallationError
from tests.kubectl import KubectlError

EXAMPLE = Path("examples/sagemaker/job.yaml")
JOB = "american-steel-sagemaker"
LP_FILE = "AmericanSteelProblem.lp"
NAMESPACE = "team-sagemaker"
STORE = f"teams.{NAMESPACE}.store.bucket={BUCKET}"
"""The bucket is this namespace's alone: pods elsewhere have no credentials for it."""


def start_aws(cluster_name: str) -> tuple[Aws, str]:
    """AWS beside a running cluster, and the address under which its pods see it."""
    host = cluster(cluster_name).host_address()
    if host is None:
        raise ClusterError("this cluster tells no address at which its pods reach this machine")
    return Aws(start(cluster_name, ["127.0.0.1", host]).url), host


def show_files(aws: Aws, reference: dict[str, Any]) -> None:
    """List what came to the bucket, and show how the LP file begins.

    Raises:
        SystemExit: the LP file is not there.
    """
    store = aws.client("s3")
    folder = reference["s3"]
    say(f"aws s3 ls --recursive s3://{folder['bucket']}/{folder['prefix']}/")
    found = store.list_objects_v2(Bucket=folder["bucket"], Prefix=folder["prefix"])
    keys = {entry["Key"]: entry["Size"] for entry in found.get("Contents", ())}
    for key, size in keys.items():
        console.print(f"{size:>8}  {key}", highlight=False, soft_wrap=True)
    written = next((key for key in keys if key.endswith(f"/{LP_FILE}")), None)
    if written is None:
        sys.exit(f"The demo failed: {LP_FILE} did not come to the bucket")
    body = store.get_object(Bucket=folder["bucket"], Key=written)["Body"].read().decode()
    say(LP_FILE)
    console.print("\n".join(body.splitlines()[:4]), highlight=False)


def main(cluster_name: Annotated[str, typer.Option("--cluster")] = "argmin") -> None:
    """Show argmin at work on SageMaker, with an AWS of its own."""
    try:
        say("A Kubernetes cluster, and an AWS beside it")
        cluster(cluster_name).up()
        aws, host = start_aws(cluster_name)
        kubectl = prepare(cluster_name, *list_settings(aws, host), STORE)
        kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        status: dict[str, Any] = solve(kubectl.within(NAMESPACE), EXAMPLE, JOB)
    except (ClusterError, EmulatorError, InstallationError, KubectlError) as error:
        sys.exit(f"The demo failed: {error}")
    check(status)
    show_files(aws, status["solutionRef"])
    print(f"\nLook around:   export KUBECONFIG={kubectl.kubeconfig}")
    print(f'               eval "$(python -m tests.aws env --name {cluster_name})"')
    print(f"               kubectl get opt --namespace={NAMESPACE}")
    print(f"Take it down:  make aws-down cluster-down CLUSTER={cluster_name}")


if __name__ == "__main__":
    typer.run(main)
