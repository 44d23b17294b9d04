"""The convergence chart, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from argmin.api.progress import HistoryPoint
from argmin.cli.charts.history import (
    Course,
    Range,
    choose_times,
    choose_values,
    format_seconds,
    format_value,
)
from argmin.cli.charts.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 8.6, 4.8
"""In inches; 72 units of an SVG each."""
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.115, 0.80, 0.135, 0.785
_LABEL_GAP = 0.075
"""Least distance of two labels, as a part of the height of the axes."""
_SUBTITLE_LENGTH = 105
_FEW_DECADES = 300
"""Of time: where there are so few, 2 and 5 are marked between the decades."""

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # matplotlib brings it: a chart is the same everywhere
    "font.size": 9.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "argmin",
    "axes.unicode_minus": True,
    "text.parse_math": False,  # a dollar in a message is a dollar
}


def draw_course(course: Course, theme: Theme) -> Figure:
    """The chart as a figure, whose only axes are those of the chart."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT), facecolor=theme.background)
        axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
        times = choose_times(course.points)
        values = choose_values(course.points, times)
        _set_scales(axes, times, values)
        _style(axes, theme)
        _draw_lines(axes, course, theme)
        _mark_first(axes, course, values, theme)
        _label_ends(axes, course, values, theme)
        _title(figure, course, theme)
    return figure


def _set_scales(axes: Axes, times: Range, values: Range) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axes.set_facecolor("none")
    axes.set_xlim(times.low, times.high)
    axes.set_ylim(values.low, values.high)
    if times.is_logarithmic:
        axes.set_xscale("log")
        few = times.high < _FEW_DECADES * times.low
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if few else (1,)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 3, 5, 6, 10]))
    if values.is_logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: format_seconds(x) if x else "0"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: format_value(y)))


def _style(axes: Axes, theme: Theme) -> None:
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(theme.quiet)
    axes.tick_params(axis="y", length=0, pad=6, colors=theme.quiet, which="both")
    axes.tick_params(axis="x", length=4, color=theme.quiet, labelcolor=theme.quiet)
    axes.tick_params(axis="x", which="minor", length=2, color=theme.quiet)
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    logarithmic = " (logarithmic)" if axes.get_xscale() == "log" else ""
    axes.set_xlabel(f"time of the search{logarithmic}", color=theme.quiet, labelpad=7)


def _draw_lines(axes: Axes, course: Course, theme: Theme) -> None:
    points = course.points
    seconds = [point.seconds for point in points]
    both = [p for p in points if p.objective is not None and p.best_bound is not None]
    if both:
        axes.fill_between(
            [p.seconds for p in both],
            [p.objective or 0.0 for p in both],
            [p.best_bound or 0.0 for p in both],
            step="post",
            color=theme.gap,
            alpha=theme.gap_opacity,
            linewidth=0,
            zorder=1,
        )
    _step(axes, seconds, [p.best_bound for p in points], color=theme.bound, dashed=True)
    _step(axes, seconds, [p.objective for p in points], color=theme.incumbent, dashed=False)


def _step(
    axes: Axes,
    seconds: Sequence[float],
    values: Sequence[float | None],
    *,
    color: str,
    dashed: bool,
) -> None:
    known = [float("nan") if value is None else value for value in values]
    style: dict[str, Any] = {"linewidth": 2.4, "zorder": 4}
    if dashed:
        style = {"linewidth": 1.7, "zorder": 3, "dashes": (4.5, 1.8)}
    axes.plot(seconds, known, drawstyle="steps-post", color=color, solid_joinstyle="miter", **style)


def _mark_first(axes: Axes, course: Course, values: Range, theme: Theme) -> None:
    from matplotlib.patheffects import withStroke

    first = course.first
    if first is None or first is course.end or first.objective is None:
        return
    is_inside = values.low <= first.objective <= values.high
    top = first.objective > values.high
    height = first.objective if is_inside else (values.high if top else values.low)
    marker = "o" if is_inside else ("^" if top else "v")
    axes.plot(
        [first.seconds],
        [height],
        marker=marker,
        markersize=7,
        markerfacecolor=theme.background,
        markeredgecolor=theme.incumbent,
        markeredgewidth=1.8,
        linestyle="none",
        clip_on=False,
        zorder=6,
    )
    said = f"first solution {format_value(first.objective)}", format_seconds(first.seconds)
    axes.annotate(
        " after ".join(said),
        (first.seconds, height),
        xytext=(8, 5),
        textcoords="offset points",
        ha="left",
        va="bottom",
        color=theme.quiet,
        fontsize=8.5,
        annotation_clip=False,
        path_effects=[withStroke(linewidth=2.5, foreground=theme.background, alpha=0.7)],
        zorder=7,
    )


def _share(axes: Axes, value: float) -> float:
    """The height of a value, as a part of that of the axes."""
    at = axes.transData.transform((axes.get_xlim()[1], value))
    return float(axes.transAxes.inverted().transform(at)[1])


def _mark_end(axes: Axes, course: Course, theme: Theme) -> None:
    """A point where the last incumbent ends."""
    end = course.end
    if end.objective is not None:
        axes.plot(
            [end.seconds],
            [end.objective],
            marker="o",
            markersize=6.5,
            color=theme.incumbent,
            clip_on=False,
            zorder=6,
        )


def _label_ends(axes: Axes, course: Course, values: Range, theme: Theme) -> None:
    """Name both lines where they end, in their colours: nobody looks up a legend."""
    end = course.end
    _mark_end(axes, course, theme)
    labels: list[tuple[float, str, str, str]] = []
    if end.objective is not None:
        word = "optimal" if course.is_closed else "objective"
        labels.append((end.objective, word, format_value(end.objective), theme.incumbent))
    if end.best_bound is not None and not (course.is_closed and end.objective is not None):
        labels.append((end.best_bound, "bound", format_value(end.best_bound), theme.bound))
    labels.sort()
    heights = _spread(
        [_share(axes, min(max(label[0], values.low), values.high)) for label in labels]
    )
    for (_, word, number, color), height in zip(labels, heights, strict=True):
        axes.annotate(
            number,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(12, 1),
            textcoords="offset points",
            color=color,
            weight="bold",
            va="bottom",
        )
        axes.annotate(
            word,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(12, -2),
            textcoords="offset points",
            color=color,
            fontsize=8.5,
            va="top",
        )


def _spread(heights: Sequence[float]) -> list[float]:
    """Heights of labels, of which none covers another; in the order given, which is rising."""
    if len(heights) < 2 or heights[1] - heights[0] >= 2 * _LABEL_GAP:
        return list(heights)
    middle = min(max(sum(heights) / 2, _LABEL_GAP), 1 - _LABEL_GAP)
    return [middle - _LABEL_GAP, middle + _LABEL_GAP]


def _title(figure: Figure, course: Course, theme: Theme) -> None:
    said = course.describe()
    if len(said) > _SUBTITLE_LENGTH:
        said = f"{said[: _SUBTITLE_LENGTH - 1].rstrip()}…"
    left = 0.035
    figure.text(left, 0.93, course.name, color=theme.text, fontsize=14, weight="bold", va="center")
    figure.text(left, 0.872, said, color=theme.quiet, fontsize=9, va="center")


def place_points(figure: Figure, points: Sequence[HistoryPoint]) -> list[dict[str, Any]]:
    """Where each point is in the SVG of the figure, and what it says; what is outside is absent."""
    (axes,) = figure.axes
    box = axes.get_window_extent()
    placed = []
    for point in points:
        entry: dict[str, Any] = {"said": _say(point)}
        for key, value in (("objective", point.objective), ("bound", point.best_bound)):
            if value is None:
                continue
            x, y = axes.transData.transform((point.seconds, value))
            entry["x"] = round(max(float(x), box.x0) * 72 / figure.dpi, 2)
            if box.y0 <= y <= box.y1:
                entry[key] = round(72 * HEIGHT - float(y) * 72 / figure.dpi, 2)
        placed.append(entry)
    return placed


def _say(point: HistoryPoint) -> list[str]:
    said = [format_seconds(point.seconds)]
    if point.objective is not None:
        said.append(f"objective {format_value(point.objective)}")
    if point.best_bound is not None:
        said.append(f"bound {format_value(point.best_bound)}")
    if point.objective and point.best_bound is not None:
        gap = abs(point.objective - point.best_bound) / abs(point.objective)
        said.append(f"gap {100 * gap:.3g} %")
    return said


def measure_axes(figure: Figure) -> tuple[float, float]:
    """Top and bottom of the axes in the SVG of the figure."""
    (axes,) = figure.axes
    box = axes.get_window_extent()
    top, bottom = (72 * HEIGHT - edge * 72 / figure.dpi for edge in (box.y1, box.y0))
    return top, bottom
