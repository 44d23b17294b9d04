"""Settings of argmin's chart for an operator whose AWS is an emulator."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.aws.delegation.queue import make_queue
from tests.aws.emulator import Aws

INSTANCE_TYPE = "ml.m5.large"
PRICE = "0.115"
_PRICED = INSTANCE_TYPE.replace(".", r"\.")


def list_settings(aws: Aws, host: str) -> Iterator[str]:
    """`key=value` each: endpoint, queue of events, credentials, the jobs' role and a price.

    Args:
        aws: gets the queue and the rule that feeds it.
        host: the address under which pods see it.
    """
    environment = aws.environment(host)
    endpoint = environment["AWS_ENDPOINT_URL"]
    yield f"aws.endpointUrl={endpoint}"
    yield f"aws.region={environment['AWS_REGION']}"
    yield f"aws.eventQueueUrl={endpoint}{urlsplit(make_queue(aws)).path}"
    yield f"defaultSageMaker.roleArn={aws.role_arn}"
    yield f"prices.perHour.{_PRICED}={PRICE}"
    for number, name in enumerate(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")):
        yield f"extraEnv[{number}].name={name}"
        yield f"extraEnv[{number}].value={environment[name]}"
