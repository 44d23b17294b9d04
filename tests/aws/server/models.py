"""botocore's service models: the shapes of every request and answer of AWS."""

from __future__ import annotations

from functools import cache

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.session import get_session
from moto.core.utils import get_service_model

# Where the name in a signature is not the name of the model.
MODEL_OF_SIGNING_NAME = {"monitoring": "cloudwatch"}


@cache
def load_service(service: str) -> ServiceModel:
    """The model of the service that signs its requests with this name; S3's for strangers."""
    name = MODEL_OF_SIGNING_NAME.get(service, service)
    try:
        model: ServiceModel = get_service_model(name)
    except UnknownServiceError:
        return load_service("s3")
    return model


def find_operation(service: str, operation: str) -> OperationModel | None:
    """The model of an operation, or `None` where AWS has none of that name."""
    try:
        return load_service(service).operation_model(operation)
    except OperationNotFoundError:
        return None


@cache
def list_regions() -> frozenset[str]:
    """The regions of AWS, in all its partitions."""
    partitions = get_session().get_component("data_loader").load_data("partitions")["partitions"]
    return frozenset(region for partition in partitions for region in partition["regions"])
