"""EC2: the network interfaces that SageMaker makes for a job in a VPC."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.iam.call import Call
from tests.aws.iam.request import ContextValue, Request


def create_network_interface(call: Call) -> tuple[Request, ...]:
    """An interface in a subnet, in the security groups of the job."""
    groups = (f"security-group/{group}" for group in call.parameters.get("Groups", ()))
    resources = ["network-interface/*", f"subnet/{call.parameters['SubnetId']}", *groups]
    arns = [call.name_resource("ec2", resource) for resource in resources]
    return (call.request("ec2:CreateNetworkInterface", *arns),)


def create_network_interface_permission(call: Call) -> tuple[Request, ...]:
    """The right of a service to use an interface."""
    context: dict[str, ContextValue] = {
        "ec2:AuthorizedService": call.parameters.get("AwsService", "")
    }
    arn = _name_interface(call)
    return (call.request("ec2:CreateNetworkInterfacePermission", arn, context=context),)


def _name_interface(call: Call) -> str:
    name = call.parameters.get("NetworkInterfaceId", "*")
    return call.name_resource("ec2", f"network-interface/{name}")


def _on_interface(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action, _name_interface(call)),)


def _on_everything(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action),)


OPERATIONS = {
    "CreateNetworkInterface": create_network_interface,
    "CreateNetworkInterfacePermission": create_network_interface_permission,
    "DeleteNetworkInterface": _on_interface("ec2:DeleteNetworkInterface"),
    "DeleteNetworkInterfacePermission": _on_interface("ec2:DeleteNetworkInterfacePermission"),
    "DescribeDhcpOptions": _on_everything("ec2:DescribeDhcpOptions"),
    "DescribeNetworkInterfaces": _on_everything("ec2:DescribeNetworkInterfaces"),
    "DescribeSecurityGroups": _on_everything("ec2:DescribeSecurityGroups"),
    "DescribeSubnets": _on_everything("ec2:DescribeSubnets"),
    "DescribeVpcs": _on_everything("ec2:DescribeVpcs"),
}
