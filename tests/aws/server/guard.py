"""Whether policies allow a call: IAM, where it is enforced."""

from __future__ import annotations

from tests.aws.server.incoming import Incoming
from tests.aws.server.registry import Context


def check_permission(incoming: Incoming, context: Context) -> None:
    """Ask the policies of the caller's role.

    Raises:
        AwsError: access is denied.
    """
