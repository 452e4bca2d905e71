"""`get`, `search`, `graph`, `status`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.answers import Answer
from app.cli.failures import BadUsage
from app.cli.graph_view import dot_of, table_of, tree_of
from app.cli.list_view import (
    applications_table,
    environments_table,
    hits_table,
    projects_table,
    services_table,
    templates_table,
)
from app.cli.output import to_json
from app.cli.paging import everything
from app.cli.session import session_of
from app.cli.status_view import status_table

MOST_NODES = 2_000


class Kind(StrEnum):
    """What can be listed."""

    PROJECTS = "projects"
    ENVIRONMENTS = "environments"
    APPLICATIONS = "applications"
    SERVICES = "services"
    TEMPLATES = "templates"


class Mode(StrEnum):
    """Which graph is shown."""

    DESIRED = "desired"
    PLANNED = "planned"
    ACTUAL = "actual"


class Format(StrEnum):
    """How the graph is shown."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    DOT = "dot"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis get templates; trellis get services --application shop/boutique --json")(get)
    app.command(epilog="Examples: trellis search cart; trellis search payments v2 --kind service --limit 5 --json")(
        search
    )
    app.command(
        epilog="Examples: trellis graph; trellis graph shop/boutique --mode actual --format dot | dot -Tsvg > shop.svg"
    )(graph)
    app.command(epilog="Examples: trellis status; trellis status shop/boutique shop@production --json")(status)


def get(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    project: Annotated[str | None, typer.Option(help="Only what belongs to this project.")] = None,
    application: Annotated[str | None, typer.Option(help="Only services of this application.")] = None,
) -> None:
    """List what there is, by id."""
    session = session_of(context)
    if application is not None and kind is not Kind.SERVICES:
        raise BadUsage(f"--application narrows services, not {kind}", "USAGE")
    if project is not None and kind in (Kind.PROJECTS, Kind.TEMPLATES):
        raise BadUsage(f"--project narrows what belongs to a project, not {kind}", "USAGE")
    if project is not None and application is not None:
        raise BadUsage("give --project or --application, not both", "USAGE")
    found: Sequence[Answer]
    with session.client() as client:
        match kind:
            case Kind.PROJECTS:
                found = projects = everything(client, operations.PROJECTS, {}, lambda answer: answer.projects)
                view = projects_table(projects)
            case Kind.ENVIRONMENTS:
                variables = _narrowed("project", project)
                found = environments = everything(
                    client, operations.ENVIRONMENTS, variables, lambda answer: answer.environments
                )
                view = environments_table(environments)
            case Kind.APPLICATIONS:
                variables = _narrowed("project", project)
                found = applications = everything(
                    client, operations.APPLICATIONS, variables, lambda answer: answer.applications
                )
                view = applications_table(applications)
            case Kind.SERVICES:
                variables = _narrowed("application", application)
                if project is not None:
                    variables = {"where": {"application": _narrowed("project", project)["where"]}}
                found = services = everything(client, operations.SERVICES, variables, lambda answer: answer.services)
                view = services_table(services)
            case Kind.TEMPLATES:
                found = templates = everything(client, operations.TEMPLATES, {}, lambda answer: answer.templates)
                view = templates_table(templates)
    if found:
        session.output.show(view)
    else:
        session.output.note(f"there are no {kind}")
    session.output.document({kind.value: [node.as_json() for node in found]})


def _narrowed(field: str, id_: str | None) -> dict[str, JsonValue]:
    """The variables for what a field leads to one thing, or for everything."""
    return {"where": None if id_ is None else {field: {"id": {"eq": id_}}}}


def search(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(help="Words, or their beginnings; each has to be found.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Only what is of this kind, such as service; may be given several times.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many to show at most.")] = 20,
) -> None:
    """Find what is called like this, the best first.

    In names, ids and descriptions of everything that has a name.
    """
    session = session_of(context)
    wanted: dict[str, JsonValue] = {"text": " ".join(text)}
    if kind:
        wanted["kinds"] = [one.upper().replace("-", "_") for one in kind]
    with session.client() as client:
        found = everything(client, operations.SEARCH, wanted, lambda answer: answer.search, limit=limit)
    if found:
        session.output.show(hits_table(found))
    else:
        session.output.note("nothing is called like this")
    session.output.document({"search": [one.as_json() for one in found]})


def graph(
    context: typer.Context,
    scope: Annotated[
        str | None, typer.Argument(help="Only what is around the node with this id; everything where it is left out.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="What is declared, what the newest plans leave, or what runs.")
    ] = Mode.DESIRED,
    depth: Annotated[int, typer.Option(min=0, max=6, help="How many dependencies away, in either direction.")] = 1,
    plan: Annotated[str | None, typer.Option(help="With --mode planned: this plan instead of the newest ones.")] = None,
    form: Annotated[Format, typer.Option("--format", help="A tree, a table, JSON, or dot for Graphviz.")] = Format.TREE,
) -> None:
    """Show nodes and edges of the platform's graph."""
    session = session_of(context)
    wanted: dict[str, JsonValue] = {"scope": scope, "depth": depth, "mode": mode.name, "plan": plan}
    with session.client() as client:
        found = client.execute(operations.GRAPH, {**wanted, "first": MOST_NODES}).graph
    if found.truncated:
        session.output.note("the graph is larger than what the server shows at once; ask for what is around one node")
    if session.output.as_json or form is Format.JSON:
        session.output.raw(to_json(found.as_json()))
    elif form is Format.DOT:
        session.output.raw(dot_of(found))
    else:
        session.output.show(tree_of(found) if form is Format.TREE else table_of(found))


def status(
    context: typer.Context,
    application: Annotated[str | None, typer.Argument(help="Only this application.")] = None,
    environment: Annotated[str | None, typer.Argument(help="Only this environment.")] = None,
) -> None:
    """Show which version of each service runs where.

    And how the last attempt ended, and which version waits to be deployed.
    """
    session = session_of(context)
    place: dict[str, JsonValue] = {"application": application, "environment": environment}
    with session.client() as client:
        if application is not None:
            client.execute(operations.APPLICATION, {"id": application})
        if environment is not None:
            client.execute(operations.ENVIRONMENT, {"id": environment})
        found = everything(client, operations.STATUS, place, lambda answer: answer.status)
    if found:
        session.output.show(status_table(found))
    else:
        session.output.note("there are no services here")
    session.output.document({"status": [one.as_json() | {"current": one.is_current} for one in found]})
