"""Prometheus metrics of the engine; all names start with `argmin_`."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)

from argmin import __version__
from argmin.api.kind_info import KindInfo
from argmin.api.run import PROGRESS_PATH
from argmin.runtime.telemetry.object_gauges import ObjectGauges

_CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WRITES = frozenset({"create", "update", "patch", "apply", "delete"})


class Metrics:
    """The metrics of one process, in their own registry."""

    def __init__(self, kinds: Iterable[KindInfo] = ()) -> None:
        """`kinds` are those whose objects are counted and measured."""
        self.registry = CollectorRegistry()
        self.reconciles = self._count(
            "argmin_reconciles", "Reconciles by kind and result.", "kind", "result"
        )
        self.reconcile_seconds = self._time(
            "argmin_reconcile_seconds", "Time of a reconcile, in seconds.", "kind"
        )
        self.retries = self._count("argmin_retries", "Reconciles put off by an error.", "kind")
        self.queue_depth = self._gauge("argmin_queue_depth", "Keys that wait for a reconcile.")
        self.cached_objects = self._gauge("argmin_cached_objects", "Objects in the cache.")
        self.leader = self._gauge("argmin_leader", "1 where this process holds the lease.")
        self.calls = self._count(
            "argmin_api_calls",
            "Calls to the API server by verb, resource and HTTP status (0: no answer).",
            *("verb", "resource", "status"),
        )
        self.writes = self._count(
            "argmin_api_writes",
            "Writes to the API server by verb and resource.",
            "verb",
            "resource",
        )
        self.call_seconds = self._time(
            "argmin_api_call_seconds", "Time of a call to the API server, in seconds.", "verb"
        )
        self._measure_runs()
        self._measure_aws()
        self.objects = ObjectGauges(kinds)
        self.registry.register(self.objects)
        ProcessCollector(registry=self.registry)
        Info("argmin_build", "The version that runs.", registry=self.registry).info(
            {"version": __version__}
        )

    def _measure_runs(self) -> None:
        self.deliveries = self._count(
            "argmin_intake_deliveries", "Results handed in, by HTTP status of the answer.", "status"
        )
        self.progress_reports = self._count(
            "argmin_intake_progress_reports",
            "Progress told, by HTTP status of the answer.",
            "status",
        )

    def _measure_aws(self) -> None:
        self.aws_calls = self._count(
            "argmin_aws_calls",
            "Calls to AWS by service, operation and code (OK, or AWS's code of the error).",
            *("service", "operation", "code"),
        )
        self.aws_call_seconds = self._time(
            "argmin_aws_call_seconds", "Time of a call to AWS, in seconds.", "service", "operation"
        )
        self.aws_throttle_wait_seconds = self._time(
            "argmin_aws_throttle_wait_seconds",
            "Time that a call to AWS waited for its turn, in seconds.",
            *("service", "operation"),
        )
        self.aws_events = self._count(
            "argmin_aws_events", "Messages of the queue of events, by kind.", "kind"
        )
        self.aws_events_silent = self._gauge(
            "argmin_aws_events_silent", "1 while the queue of events does not answer."
        )

    def _count(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(name, help_text, registry=self.registry)

    def _time(self, name: str, help_text: str, *labels: str) -> Histogram:
        return Histogram(name, help_text, labels, buckets=_CALL_BUCKETS, registry=self.registry)

    def count_taken(self, path: str, status: int) -> None:
        """Count a response of the intake."""
        counter = self.progress_reports if path == PROGRESS_PATH else self.deliveries
        counter.labels(str(status)).inc()

    def observe_call(self, verb: str, resource: str, status: int, seconds: float) -> None:
        """Count a call to the API server; the duration of a watch is not recorded."""
        self.calls.labels(verb, resource, str(status)).inc()
        if verb in _WRITES:
            self.writes.labels(verb, resource).inc()
        if verb != "watch":
            self.call_seconds.labels(verb).observe(seconds)

    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        """Count a call to AWS."""
        self.aws_calls.labels(service, operation, code).inc()
        self.aws_call_seconds.labels(service, operation).observe(seconds)

    def count_aws_event(self, kind: str) -> None:
        """Count a message of the queue of events."""
        self.aws_events.labels(kind).inc()

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        """Record how long a call to AWS waited for the rate limit."""
        self.aws_throttle_wait_seconds.labels(service, operation).observe(seconds)
