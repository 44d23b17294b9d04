"""A real API server, an operator with its chart's rights, and AWS."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.aws.delegation.identity import Identity
from tests.aws.delegation.queue import make_queue
from tests.aws.delegation.roles import Roles, name_arn
from tests.aws.delegation.scene import PREFIX, Scene
from tests.aws.emulator import Aws
from tests.aws.seed import BUCKET
from tests.cluster import api_server
from tests.installation import NAMESPACE, grant_rights
from tests.kube.forks import Forks, open_forks
from tests.kube.process import Operator, serving
from tests.kubectl import Kubectl

IMAGE = "argmin/solvers:checkout"
"""No image has this tag: jobs run this checkout."""
INSTANCE_TYPE = "ml.m5.large"
PRICE = "0.115"
LEASE_SECONDS = "60"
"""Nobody else wants to lead, and on a busy machine an answer may take seconds."""

_numbers = itertools.count(1)

OpenScene = Callable[..., Scene]


@pytest.fixture(scope="session")
def administrator() -> Iterator[Kubectl]:
    with api_server(f"delegation-{os.getpid()}") as kubeconfig:
        yield Kubectl(kubeconfig)


@pytest.fixture(scope="session")
def rights(administrator: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """The operator's own account."""
    return Kubectl(grant_rights(administrator, tmp_path_factory.mktemp("rights")), NAMESPACE)


@pytest.fixture
def user(administrator: Kubectl, rights: Kubectl) -> Kubectl:
    """Somebody with a namespace of their own."""
    namespace = f"team-{next(_numbers)}"
    administrator.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    return administrator.within(namespace)


@pytest.fixture
def identity(aws: Aws, tmp_path: Path) -> Identity:
    """Who the operator is to AWS."""
    return Identity(aws, tmp_path / "credentials")


@pytest.fixture(scope="session")
def forks(rights: Kubectl) -> Iterator[Forks]:
    """Where operators come from."""
    with open_forks(rights.kubeconfig) as forks:
        yield forks


@pytest.fixture
def open_scene(
    aws: Aws, user: Kubectl, rights: Kubectl, identity: Identity, forks: Forks, tmp_path: Path
) -> Iterator[OpenScene]:
    """Start an operator.

    `events` says whether it hears of state changes by a queue; `settings` are further defaults of
    `spec.backend.sageMaker`.
    """
    with ExitStack() as stack:

        def start(
            *,
            name: str = "argmin-0",
            events: bool = True,
            settings: Mapping[str, Any] | None = None,
            **variables: str,
        ) -> Scene:
            environment = {
                "WATCH_NAMESPACES": user.namespace,
                "ARGMIN_SOLVERS_IMAGE": IMAGE,
                "ARGMIN_SAGEMAKER_POLL_SECONDS": "2",
                "ARGMIN_LEASE_SECONDS": LEASE_SECONDS,
                "ARGMIN_DEFAULT_STORE": json.dumps({"bucket": BUCKET, "prefix": PREFIX}),
                "ARGMIN_SAGEMAKER_DEFAULTS": json.dumps(
                    {"instanceType": INSTANCE_TYPE, "roleArn": aws.role_arn, **(settings or {})}
                ),
                "ARGMIN_PRICES": json.dumps({"perHour": {INSTANCE_TYPE: PRICE}}),
                **({"ARGMIN_EVENT_QUEUE_URL": make_queue(aws)} if events else {}),
                **identity.environment,
                **variables,
            }
            made = Operator(rights, tmp_path, name, environment, forks.start)
            process = stack.enter_context(serving(made))
            return Scene(aws, user, process)

        yield start


@pytest.fixture
def scene(open_scene: OpenScene) -> Scene:
    """An operator that hears of state changes by a queue."""
    return open_scene()


@pytest.fixture
def roles(aws: Aws, user: Kubectl, identity: Identity) -> Roles:
    """The roles of the user guide; nothing but their policies counts from now on."""
    made = Roles(aws, user.namespace)
    aws.configure(iam=True)
    return made


@pytest.fixture
def guarded(open_scene: OpenScene, roles: Roles) -> Scene:
    """An operator that may no more than the user guide's policies allow."""
    return open_scene(
        settings={"assumeRoleArn": name_arn(roles.team), "roleArn": name_arn(roles.job)}
    )
