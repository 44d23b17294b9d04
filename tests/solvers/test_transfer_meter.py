"""How a transfer shows in the log: nothing before it starts, sizes that can be read."""

from __future__ import annotations

import pytest

from argmin_solvers.artifacts.transfer_log import LogMeter


def test_there_is_nothing_to_tell_before_a_transfer_starts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    meter = LogMeter(pace_seconds=0)
    with caplog.at_level("INFO"):
        meter.looked_at()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 of 0 bytes"),
        (12, "12 of 12 bytes"),
        (4096, "4 of 4 KiB"),
        (3 * 1024 * 1024, "3 of 3 MiB"),
    ],
)
def test_a_transfer_tells_its_size(caplog: pytest.LogCaptureFixture, size: int, told: str) -> None:
    meter = LogMeter(pace_seconds=0)
    with caplog.at_level("INFO"):
        meter.started("fetching the inputs", 1, size)
        meter.moved(size)
        meter.looked_at()
        meter.finished()
    under_way, last = caplog.messages
    assert under_way.startswith(f"fetching the inputs: {told}, ")
    assert last.startswith(f"fetching the inputs: 1 file, {told}, ")
    assert last.endswith(", done")
