"""A circuit breaker: while AWS does not respond, one call probes it and the others fail at once.

A call without a response blocks its caller until the timeout. With many jobs, all workers would
wait for AWS, and objects that do not need it would wait too.
"""

from __future__ import annotations

from dataclasses import dataclass

from argmin.aws.rate_limit import Clock

FEWEST_CALLS = 2
"""Consecutive calls without a response that open the circuit; one may be a slow operation."""
_MOST_PLACES = 1000

Endpoint = tuple[str, ...]
"""Account, region, service and URL: what fails as a unit."""


@dataclass
class _Outage:
    calls: int = 0
    try_at: float = 0.0
    is_tried: bool = False


class CircuitBreaker:
    """The endpoints without a response; one call in `pause` seconds probes each."""

    def __init__(self, pause: float, clock: Clock) -> None:
        self._pause = pause
        self._clock = clock
        self._outages: dict[Endpoint, _Outage] = {}

    def admits(self, endpoint: Endpoint) -> bool:
        """Whether a call may be made to an endpoint; its end has to be noted."""
        outage = self._outages.get(endpoint)
        if outage is None or outage.calls < FEWEST_CALLS:
            return True
        if outage.is_tried or self._clock() < outage.try_at:
            return False
        outage.is_tried = True
        return True

    def note(self, endpoint: Endpoint, is_answered: bool, *, is_unanswered: bool) -> None:
        """Record the end of a call: with a response, without one, or neither (cancelled)."""
        outage = self._outages.pop(endpoint, _Outage())
        if is_answered or not (is_unanswered or outage.calls):
            return
        if is_unanswered:
            outage.calls += 1
            outage.try_at = self._clock() + self._pause
        outage.is_tried = False
        if len(self._outages) < _MOST_PLACES:
            self._outages[endpoint] = outage
