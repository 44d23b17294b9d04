"""Prometheus gauges of the objects: their number by condition, and what their kinds measure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from argmin.api.conditions import STALLED
from argmin.api.kind_info import Gauge, KindInfo
from argmin.plan import Key, Manifest, Resource

MOST_MEASURED = 1000
"""Maximum number of objects with samples of their own, to bound the size of a scrape."""
MOST_STATES = 200
"""Maximum number of pairs of condition and reason; objects beyond it count as `Other`."""

_UNSETTLED = "None"
"""Condition of an object that has neither ended, nor is ready, nor is stalled."""


@dataclass(frozen=True)
class _State:
    kind: str
    condition: str
    reason: str


class ObjectGauges(Collector):
    """Numbers from the status of each object of some kinds."""

    def __init__(self, kinds: Iterable[KindInfo] = ()) -> None:
        self._kinds: Mapping[Resource, KindInfo] = {Resource.of_kind(k): k for k in kinds}
        self._states: dict[Key, _State] = {}
        self._counts: Counter[_State] = Counter()
        self._samples: dict[Key, Mapping[Gauge, float]] = {}

    def note(self, key: Key, manifest: Manifest | None) -> None:
        """Update the samples of an object from its status; `None` if the object is gone."""
        kind = self._kinds.get(key.resource)
        if kind is None:
            return
        self._forget_state(key)
        if manifest is None:
            self._samples.pop(key, None)
            return
        status = manifest.get("status")
        state = self._states[key] = self._bound(_find_state(kind, status))
        self._counts[state] += 1
        samples = {
            gauge: number
            for gauge in kind.gauges
            if (number := _measure(gauge, status)) is not None
        }
        if not samples:
            self._samples.pop(key, None)
        elif key in self._samples or len(self._samples) < MOST_MEASURED:
            self._samples[key] = samples

    def _forget_state(self, key: Key) -> None:
        state = self._states.pop(key, None)
        if state is not None:
            self._counts[state] -= 1
            if not self._counts[state]:
                del self._counts[state]

    def _bound(self, state: _State) -> _State:
        is_room = state in self._counts or len(self._counts) < MOST_STATES
        return state if is_room else _State(state.kind, state.condition, "Other")

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The number of objects, then each gauge of a kind with a sample for each object."""
        counts = GaugeMetricFamily(
            "argmin_objects",
            "Objects by kind, by the condition that holds of those that end or stall them, and by"
            " its reason.",
            labels=["kind", "condition", "reason"],
        )
        for state, count in self._counts.items():
            counts.add_metric([state.kind, state.condition, state.reason], count)
        yield counts
        for resource, kind in self._kinds.items():
            yield from (self._collect_gauge(resource, gauge) for gauge in kind.gauges)

    def _collect_gauge(self, resource: Resource, gauge: Gauge) -> GaugeMetricFamily:
        family = GaugeMetricFamily(gauge.name, gauge.description, labels=["namespace", "name"])
        for key, samples in self._samples.items():
            if key.resource == resource and gauge in samples:
                family.add_metric([key.namespace, key.name], samples[gauge])
        return family


def _find_state(kind: KindInfo, status: Any) -> _State:
    """The first condition of the kind that is `True`; anything unreadable counts as none."""
    listed = status.get("conditions") if isinstance(status, dict) else None
    conditions = [c for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    holding = {c.get("type"): c for c in conditions if c.get("status") == "True"}
    for condition in (*kind.lifecycle.ends, STALLED):
        if condition in holding:
            return _State(kind.name, condition, str(holding[condition].get("reason") or ""))
    return _State(kind.name, _UNSETTLED, "")


def _measure(gauge: Gauge, status: Any) -> float | None:
    """The nearest float of a field; `None` if it is absent, no number, or not finite."""
    value = status
    for name in gauge.path:
        value = value.get(name) if isinstance(value, dict) else None
    try:
        number = float(value) if value is not None else math.nan
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
