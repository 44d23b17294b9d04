"""The chart as a page that needs nothing else: the drawing, and values where one points."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from argmin.cli.charts.history import Course, format_seconds, format_value
from argmin.cli.charts.theme import Theme

_STYLE = """\
body { margin: 0; background: $background; color: $text; font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 1080px; margin: 24px auto; padding: 0 16px; }
figure { margin: 0; position: relative; }
figure svg { width: 100%; height: auto; display: block; outline-offset: 4px; }
#tip { position: absolute; pointer-events: none; padding: 6px 10px; border-radius: 6px;
  background: $text; color: $background; font-size: 13px; white-space: pre;
  font-variant-numeric: tabular-nums; transform: translate(-50%, -100%); }
#tip[hidden] { display: none; }
details { padding-left: 3.5%; }
summary { cursor: pointer; color: $quiet; margin: 12px 0 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: right; padding: 3px 18px 3px 0; border-bottom: 1px solid $grid; }
th { color: $quiet; font-weight: normal; }
"""

_SCRIPT = """\
const points = $points, svg = document.querySelector("figure svg");
const tip = document.getElementById("tip"), view = svg.viewBox.baseVal;
const make = (name, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  return svg.appendChild(node);
};
const rule = make("line", {stroke: "$quiet", "stroke-width": .8, y1: $top, y2: $bottom});
const dots = {
  bound: make("circle", {r: 3.6, fill: "$bound"}),
  objective: make("circle", {r: 4, fill: "$incumbent"}),
};
let at = -1;
const show = index => {
  at = index;
  const point = points[at];
  for (const node of [rule, ...Object.values(dots)]) node.style.display = point ? "" : "none";
  tip.hidden = !point;
  if (!point) return;
  rule.setAttribute("x1", point.x);
  rule.setAttribute("x2", point.x);
  for (const key in dots) {
    dots[key].style.display = key in point ? "" : "none";
    dots[key].setAttribute("cx", point.x);
    dots[key].setAttribute("cy", point[key] ?? 0);
  }
  tip.textContent = point.said.join("\\n");
  const edge = tip.offsetWidth / 2, width = svg.clientWidth;
  const left = point.x / view.width * width;
  tip.style.left = Math.min(Math.max(left, edge), width - edge) + "px";
  tip.style.top = $top / view.height * svg.clientHeight - 6 + "px";
};
svg.addEventListener("pointermove", event => {
  const box = svg.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * view.width;
  show(points.findLastIndex(point => point.x <= x));
});
svg.addEventListener("pointerleave", () => show(-1));
svg.addEventListener("keydown", event => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (step) show(Math.min(Math.max(at + step, 0), points.length - 1));
});
show(-1);
"""


def render_page(
    course: Course,
    theme: Theme,
    drawing: str,
    points: Sequence[dict[str, Any]],
    edges: tuple[float, float],
) -> str:
    """The page.

    Args:
        course: what is shown.
        theme: its colours.
        drawing: the SVG.
        points: as `place_points` gives them.
        edges: top and bottom of the axes, in the units of the SVG.
    """
    colours = {name: str(getattr(theme, name)) for name in theme.__dataclass_fields__}
    script = _fill(
        _SCRIPT, colours | {"top": f"{edges[0]:.2f}", "bottom": f"{edges[1]:.2f}"}
    ).replace("$points", _to_script(points))
    name = html.escape(course.name)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: convergence</title>\n<style>\n{_fill(_STYLE, colours)}</style>\n</head>\n"
        f"<body>\n<main>\n<figure>\n{_describe(drawing, course)}\n"
        '<div id="tip" role="status" hidden></div>\n</figure>\n'
        f"<details><summary>The numbers</summary>\n{_render_table(course)}</details>\n"
        f"</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _fill(template: str, values: dict[str, str]) -> str:
    for name in sorted(values, key=len, reverse=True):
        template = template.replace(f"${name}", values[name])
    return template


def _to_script(points: Sequence[dict[str, Any]]) -> str:
    # No text of a user may end the script.
    return json.dumps(list(points), ensure_ascii=True).replace("<", "\\u003c")


def _describe(drawing: str, course: Course) -> str:
    """The drawing without its prologue, for those who cannot see it too."""
    start = drawing.index("<svg")
    label = html.escape(f"Convergence of {course.name}: {course.describe()}", quote=True)
    attributes = f'<svg role="img" tabindex="0" aria-label="{label}" '
    return attributes + drawing[start + len("<svg") :].strip()


def _render_table(course: Course) -> str:
    rows = "".join(
        f"<tr><td>{format_seconds(point.seconds)}</td>"
        f"<td>{_cell(point.objective)}</td><td>{_cell(point.best_bound)}</td></tr>\n"
        for point in course.points
    )
    return f"<table>\n<tr><th>time</th><th>objective</th><th>bound</th></tr>\n{rows}</table>\n"


def _cell(value: float | None) -> str:
    return "" if value is None else format_value(value)
