"""The kinds of the command line. One line for a kind that shows more than its registration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from argmin.api.kind_info import KindInfo
from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.api.registry import KINDS
from argmin.cli.errors import CliError
from argmin.cli.kinds.optimization import OptimizationView
from argmin.cli.kinds.run_view import RunView
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.object_names import ObjectName
from argmin.plan import Manifest

_OWN_VIEWS: Mapping[str, type[KindView]] = {
    OPTIMIZATION_JOB.name: OptimizationView,
}


def build_views(kinds: Iterable[KindInfo]) -> tuple[KindView, ...]:
    """How each kind is shown."""
    return tuple(_OWN_VIEWS.get(kind.name, KindView)(kind) for kind in kinds)


VIEWS = build_views(KINDS)


def choose_views(
    wanted: ObjectName, namespace: str | None, views: Sequence[KindView]
) -> Sequence[KindView]:
    """The kinds in which to look for a name; `namespace` is that of the command line.

    Raises:
        CliError: the kind is none of argmin's, or is cluster-scoped and a namespace is named.
    """
    if wanted.kind is None and wanted.name:
        inside = [view for view in views if view.info.namespaced or not namespace]
        return inside or views
    view = find_view(wanted.kind or "", views)
    if view is None or not wanted.name:
        known = ", ".join(f"{each.info.short_name}/NAME" for each in views)
        raise CliError(f"{wanted} names no object of argmin's: write NAME or {known}")
    if namespace and not view.info.namespaced:
        raise CliError(
            f"{wanted}: a {view.info.name} belongs to the whole cluster: leave out"
            f" --namespace {namespace}"
        )
    return (view,)


def find_view(kind: str, views: Iterable[KindView]) -> KindView | None:
    """The kind by its name, plural, short or full name, in any case."""
    return next((view for view in views if kind.lower() in view.info.spellings), None)


def list_names(views: Iterable[KindView]) -> str:
    """The names of some kinds, as in a sentence about one object."""
    return _join([view.info.name for view in views], "or")


def list_plurals(views: Iterable[KindView]) -> str:
    """The names of some kinds, as in a sentence about their objects."""
    return _join([view.info.plural_name for view in views], "and")


def _join(names: Sequence[str], conjunction: str) -> str:
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def require_run(view: KindView, manifest: Manifest) -> RunView:
    """The run of an object.

    Raises:
        CliError: the kind has no runs, or another version of argmin recorded where the run is.
    """
    run = view.find_run(manifest)
    if run is None:
        raise CliError(f"a {view.info.name} has no run of its own, and so neither log nor result")
    if run.unreadable:
        fields = ", ".join(f"status.{path}" for path in run.unreadable)
        raise CliError(
            f"{run.owner}: {fields} cannot be read, which leads to the run: use the version of"
            " argmin that the cluster has"
        )
    return run
