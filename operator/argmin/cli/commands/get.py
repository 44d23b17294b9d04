"""`argmin get`: objects and their answers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from argmin.cli.cluster.lookup import Listing, find_object, list_objects
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus, report
from argmin.cli.kinds.registry import VIEWS, choose_views, list_plurals
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import (
    OutputFormat,
    format_age,
    open_console,
    render_rows,
    utc_now,
    write_data,
)


def show_objects(
    name: ObjectName | None,
    target: Target,
    output: str,
    all_namespaces: bool,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Show one object, or all of every kind in a namespace or in the cluster."""
    if name is not None:
        listings, namespace = run_command(_fetch_one(name, target, views))
    else:
        listings, namespace = run_command(_fetch_all(target, all_namespaces, views))
    manifests = [manifest for listing in listings for manifest in listing.manifests]
    if output == OutputFormat.TABLE:
        _show_tables(listings, namespace)
    elif name is not None:
        write_data(manifests[0], OutputFormat(output))
    else:
        listing = {"apiVersion": "v1", "kind": "List", "items": manifests}
        write_data(listing, OutputFormat(output))
    return ExitStatus.OK


async def _fetch_one(
    name: ObjectName, target: Target, views: Sequence[KindView]
) -> tuple[list[Listing], str | None]:
    candidates = choose_views(name, target.namespace, views)
    async with open_session(target) as session:
        found = await find_object(session, name, candidates)
        return [Listing(found.view, [found.manifest])], session.namespace


async def _fetch_all(
    target: Target, all_namespaces: bool, views: Sequence[KindView]
) -> tuple[list[Listing], str | None]:
    # Objects of the whole cluster are in no namespace: not in the one that is asked for, either.
    wanted = [view for view in views if view.info.namespaced or not target.namespace]
    async with open_session(target) as session:
        listings, refusals = await list_objects(
            session, wanted if not all_namespaces else views, all_namespaces=all_namespaces
        )
        for refusal in refusals:
            report(CliError(str(refusal)))
        return listings, None if all_namespaces else session.namespace


def _show_tables(listings: Sequence[Listing], namespace: str | None) -> None:
    """A table for each kind that has objects; with headings where there is more than one."""
    shown = [listing for listing in listings if listing.manifests]
    if not shown:
        where = f"in namespace {namespace}" if namespace else "in any namespace"
        names = list_plurals(listing.view for listing in listings)
        open_console(stderr=True).print(f"No {names} {where}.")
    console = open_console()
    for number, listing in enumerate(shown):
        if number:
            console.print()
        if len(shown) > 1:
            console.print(Text(listing.view.info.full_name, style="bold"))
        console.print(render_listing(listing, namespaces=namespace is None))


def render_listing(listing: Listing, *, namespaces: bool) -> Table:
    """One line an object; with its namespace where it has one, and `namespaces` is true."""
    view, now = listing.view, utc_now()
    headings = ["NAME", *view.headings, "AGE"]
    rows = [
        [m["metadata"]["name"], *view.list_cells(m, now), format_age(m, now)]
        for m in listing.manifests
    ]
    if namespaces and view.info.namespaced:
        headings.insert(0, "NAMESPACE")
        spaces = (m["metadata"]["namespace"] for m in listing.manifests)
        rows = [[space, *row] for space, row in zip(spaces, rows, strict=True)]
    return render_rows(headings, rows)
