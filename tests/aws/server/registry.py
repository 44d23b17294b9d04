"""The registry of operations: a plain function from a request to a response, for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.aws.server.callers import Caller
    from tests.aws.server.world import World

Request = Mapping[str, Any]
"""A request by the names of botocore's model, already validated against it."""
Response = Mapping[str, Any]
"""A response by the names of botocore's model; times are datetimes."""


@dataclass(frozen=True)
class Context:
    """Who calls, where, and the emulator that they call."""

    account: str
    region: str
    caller: Caller
    world: World


Operation = Callable[[Request, Context], Response]
Condition = Callable[[Request], bool]


def _always(_request: Request) -> bool:
    return True


class Service:
    """The operations of one service that the emulator answers itself.

    >>> sagemaker = Service("sagemaker")
    >>> @sagemaker.operation("DescribeProcessingJob")
    ... def describe_processing_job(request: Request, context: Context) -> Response: ...
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.operations: dict[str, tuple[Operation, Condition]] = {}

    def operation(self, name: str, when: Condition = _always) -> Callable[[Operation], Operation]:
        """Register the function that answers an operation, by AWS's name of it.

        Requests for which `when` does not hold are moto's.
        """

        def register(function: Operation) -> Operation:
            self.operations[name] = function, when
            return function

        return register


@dataclass(frozen=True)
class Registry:
    """All services that are not moto's alone."""

    services: Mapping[str, Service]

    def find(self, service: str, operation: str, request: Request) -> Operation | None:
        """The function for a request; `None` where it is moto's."""
        operations = self.services[service].operations if service in self.services else {}
        function, holds = operations.get(operation, (None, _always))
        return function if holds(request) else None

    def knows(self, service: str) -> bool:
        """Whether the service has a file here: then all its requests are validated."""
        return service in self.services


def load_registry() -> Registry:
    """Every module of `tests.aws.services` that has a `SERVICE`."""
    import importlib
    import pkgutil

    from tests.aws import services

    found = [
        importlib.import_module(f"{services.__name__}.{module.name}").SERVICE
        for module in pkgutil.iter_modules(services.__path__)
    ]
    return Registry({service.name: service for service in found})
