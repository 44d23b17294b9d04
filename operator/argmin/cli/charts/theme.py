"""Colours and type of the charts.

Incumbent and bound differ in hue (blue and orange, which no common colour blindness confuses), in
lightness, in width and in dashes, and each is named at its end: in grey nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ThemeName(StrEnum):
    """The themes."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Theme:
    """Colours as `#rrggbb`."""

    background: str
    text: str
    quiet: str
    grid: str
    incumbent: str
    bound: str
    gap: str
    gap_opacity: float


THEMES = {
    ThemeName.LIGHT: Theme(
        background="#ffffff",
        text="#1c2430",
        quiet="#5c6773",
        grid="#e4e7eb",
        incumbent="#0f4c8a",
        bound="#c75b00",
        gap="#8fa8c4",
        gap_opacity=0.22,
    ),
    ThemeName.DARK: Theme(
        background="#12161c",
        text="#e8ecf1",
        quiet="#9aa5b1",
        grid="#2a313b",
        incumbent="#7cb8ff",
        bound="#ffab5c",
        gap="#7f9cc0",
        gap_opacity=0.20,
    ),
}
