"""`argmin plot`: the convergence chart of a job that has ended, from its result or a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from argmin.api.run import SOLUTION_FILE
from argmin.api.untrusted import DOCUMENT_LIMIT_BYTES, UntrustedError, parse_json
from argmin.cli.charts.history import Course, read_course
from argmin.cli.charts.theme import THEMES, Theme, ThemeName
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS, find_view
from argmin.cli.manifests.object_names import ObjectName

_DPI = 200
_INSTALL = (
    "argmin plot draws with matplotlib, which is not installed here:"
    " pip install 'argmin-operator[plot]'"
)


def plot_course(source: str, output: Path, theme: str, target: Target) -> ExitStatus:
    """Draw the chart of a job, or of a `solution.json` or its folder, into a file.

    Raises:
        CliError: there is nothing to draw, or nothing to draw with.
    """
    render = _choose_form(output)
    document = read_file(source) if _is_file(source) else _fetch(source, target)
    course = read_course(document, source)
    try:
        content = render(course, THEMES[ThemeName(theme)])
    except ModuleNotFoundError as error:
        raise CliError(f"{_INSTALL} ({error})", ExitStatus.NOT_INSTALLED) from None
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CliError(f"-o {output}: {error.strerror}: choose another file") from None
    if len(course.points) == 1:
        sys.stderr.write(
            f"argmin: {source} has one point only, after {course.points[0].seconds:g} s: the solver"
            " told of nothing on its way, so the chart has no course to show\n"
        )
    return ExitStatus.OK


def _choose_form(output: Path) -> Callable[[Course, Theme], bytes]:
    form = _FORMS.get(output.suffix.lower())
    if form is None:
        raise CliError(f"-o {output}: write a name that ends with .png, .svg or .html")
    return form


def _is_file(source: str) -> bool:
    """Whether it names a file or folder, and not an object: bare, or as KIND/NAME."""
    kind = ObjectName(source).kind
    if Path(source).exists() or source.endswith(".json"):
        return True
    return kind is not None and find_view(kind, VIEWS) is None


def read_file(source: str) -> Mapping[str, Any]:
    """What a `solution.json` holds, named by itself or by its folder.

    Raises:
        CliError: there is none, or it is none.
    """
    path = Path(source)
    path = path / SOLUTION_FILE if path.is_dir() else path
    try:
        document = parse_json(path.read_bytes(), DOCUMENT_LIMIT_BYTES)
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}", ExitStatus.NOT_FOUND) from None
    except UntrustedError as error:
        raise CliError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise CliError(f"{path} is no solution.json of argmin")
    return document


def _fetch(name: str, target: Target) -> Mapping[str, Any]:
    from argmin.cli.commands.result import fetch_solution

    return fetch_solution(ObjectName(name), target)


def _render_png(course: Course, theme: Theme) -> bytes:
    return _save(course, theme, format="png", dpi=_DPI)


def _render_svg(course: Course, theme: Theme) -> bytes:
    # Without a date, and without a name for each part by chance: equal results, equal files.
    title = f"Convergence of {course.name}"
    return _save(course, theme, format="svg", metadata={"Date": None, "Title": title})


def _save(course: Course, theme: Theme, **how: Any) -> bytes:
    import matplotlib as mpl

    from argmin.cli.charts.figure import SETTINGS, draw_course

    buffer = io.BytesIO()
    with mpl.rc_context(SETTINGS):
        figure = draw_course(course, theme)
        figure.savefig(buffer, facecolor=figure.get_facecolor(), **how)
    return buffer.getvalue()


def _render_page(course: Course, theme: Theme) -> bytes:
    from argmin.cli.charts.figure import draw_course, measure_axes, place_points
    from argmin.cli.charts.html import render_page

    drawing = _render_svg(course, theme).decode()
    figure = draw_course(course, theme)
    points = place_points(figure, course.points)
    return render_page(course, theme, drawing, points, measure_axes(figure)).encode()


_FORMS = {".png": _render_png, ".svg": _render_svg, ".html": _render_page}
