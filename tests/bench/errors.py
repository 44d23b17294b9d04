"""What stops a measurement; its text says what to do or what was seen."""

from __future__ import annotations


class BenchError(Exception):
    """A measurement that cannot be made, or that measured something else than it says."""
