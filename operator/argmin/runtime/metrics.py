"""What Prometheus may know of the engine; all names start with `argmin_`."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)

from argmin import __version__

_CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WRITES = frozenset({"create", "update", "patch", "apply", "delete"})


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Counter(
            "argmin_reconciles",
            "Reconciles by kind and result.",
            ("kind", "result"),
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            "argmin_reconcile_seconds",
            "Time of a reconcile, in seconds.",
            ("kind",),
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.retries = Counter(
            "argmin_retries", "Reconciles put off by an error.", ("kind",), registry=self.registry
        )
        self.queue_depth = Gauge(
            "argmin_queue_depth", "Keys that wait for a reconcile.", registry=self.registry
        )
        self.cached_objects = Gauge(
            "argmin_cached_objects", "Objects in the cache.", registry=self.registry
        )
        self.leader = Gauge(
            "argmin_leader", "1 where this process holds the lease.", registry=self.registry
        )
        self.calls = Counter(
            "argmin_api_calls",
            "Calls to the API server by verb, resource and HTTP status (0: no answer).",
            ("verb", "resource", "status"),
            registry=self.registry,
        )
        self.writes = Counter(
            "argmin_api_writes",
            "Writes to the API server by verb and resource.",
            ("verb", "resource"),
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "argmin_api_call_seconds",
            "Time of a call to the API server, in seconds.",
            ("verb",),
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.deliveries = Counter(
            "argmin_intake_deliveries",
            "Results handed in, by HTTP status of the answer.",
            ("status",),
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        Info("argmin_build", "The version that runs.", registry=self.registry).info(
            {"version": __version__}
        )

    def observe_call(self, verb: str, resource: str, status: int, seconds: float) -> None:
        """Count a call to the API server; a watch has no duration worth knowing."""
        self.calls.labels(verb, resource, str(status)).inc()
        if verb in _WRITES:
            self.writes.labels(verb, resource).inc()
        if verb != "watch":
            self.call_seconds.labels(verb).observe(seconds)
