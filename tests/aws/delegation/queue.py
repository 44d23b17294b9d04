"""The queue of state changes: a rule of EventBridge that feeds SQS, as the user guide makes it."""

from __future__ import annotations

import json

from tests.aws.control import ACCOUNT, REGION
from tests.aws.emulator import Aws

QUEUE = "argmin"
PATTERN = {
    "source": ["aws.sagemaker"],
    "detail-type": ["SageMaker Processing Job State Change"],
}


def make_queue(aws: Aws) -> str:
    """Make queue and rule; the queue's URL."""
    url: str = aws.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    events = aws.client("events")
    events.put_rule(Name=QUEUE, EventPattern=json.dumps(PATTERN))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
    events.put_targets(Rule=QUEUE, Targets=[{"Id": QUEUE, "Arn": arn}])
    return url
