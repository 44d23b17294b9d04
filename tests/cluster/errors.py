"""The one exception this package raises on purpose: its text says what to do next."""

from __future__ import annotations


class ClusterError(Exception):
    """Something about the cluster or the machine that the reader can act on."""
