"""ECR: pulling the image of a job."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.iam.call import Call
from tests.aws.iam.request import Request


def get_authorization_token(call: Call) -> tuple[Request, ...]:
    """A login to the registry, which is about no repository."""
    return (call.request("ecr:GetAuthorizationToken"),)


def _on_repository(action: str) -> Callable[[Call], tuple[Request, ...]]:
    def build(call: Call) -> tuple[Request, ...]:
        registry = call.parameters.get("registryId", call.home)
        name = f"repository/{call.parameters['repositoryName']}"
        return (call.request(action, f"arn:aws:ecr:{call.region}:{registry}:{name}"),)

    return build


OPERATIONS = {
    "BatchCheckLayerAvailability": _on_repository("ecr:BatchCheckLayerAvailability"),
    "BatchGetImage": _on_repository("ecr:BatchGetImage"),
    "GetAuthorizationToken": get_authorization_token,
    "GetDownloadUrlForLayer": _on_repository("ecr:GetDownloadUrlForLayer"),
}
