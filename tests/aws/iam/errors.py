"""What can be wrong with a policy, or with what an evaluator is asked."""

from __future__ import annotations


class MalformedPolicyError(ValueError):
    """A policy that IAM would not accept; names the statement and the element."""

    def __init__(self, element: str, message: str, statement: str = "") -> None:
        where = f"{statement}, {element}" if statement and element else statement or element
        super().__init__(f"{where}: {message}" if where else message)
        self.statement = statement
        self.element = element


class MissingQualifierError(MalformedPolicyError):
    """A condition compares a key of many values as if it had one."""


class UnknownCallError(LookupError):
    """A call for which nobody has written down which permissions it needs."""
