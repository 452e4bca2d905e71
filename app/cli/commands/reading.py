"""`get`, `graph`, `status`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.answers import Answer
from app.cli.client import Client
from app.cli.failures import BadUsage
from app.cli.graph_view import dot_of, table_of, tree_of
from app.cli.list_view import applications_table, environments_table, projects_table, services_table
from app.cli.listings import Application, Service
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


class Format(StrEnum):
    """How the graph is shown."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    DOT = "dot"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis get projects; trellis get services --application shop/boutique --json")(get)
    app.command(epilog="Examples: trellis graph; trellis graph shop/boutique --format dot | dot -Tsvg > shop.svg")(
        graph
    )
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
    if project is not None and kind is Kind.PROJECTS:
        raise BadUsage("--project narrows what belongs to a project, not projects", "USAGE")
    if project is not None and application is not None:
        raise BadUsage("give --project or --application, not both", "USAGE")
    found: Sequence[Answer]
    with session.client() as client:
        match kind:
            case Kind.PROJECTS:
                found = projects = everything(client, operations.PROJECTS, {}, lambda answer: answer.projects)
                view = projects_table(projects)
            case Kind.ENVIRONMENTS:
                found = environments = everything(
                    client, operations.ENVIRONMENTS, {"project": project}, lambda answer: answer.environments
                )
                view = environments_table(environments)
            case Kind.APPLICATIONS:
                found = applications = _applications(client, project)
                view = applications_table(applications)
            case Kind.SERVICES:
                found = services = _services(client, project, application)
                view = services_table(services)
    if found:
        session.output.show(view)
    else:
        session.output.note(f"there are no {kind}")
    session.output.document({kind.value: [node.as_json() for node in found]})


def _applications(client: Client, project: str | None) -> list[Application]:
    return everything(client, operations.APPLICATIONS, {"project": project}, lambda answer: answer.applications)


def _services(client: Client, project: str | None, application: str | None) -> list[Service]:
    wanted: list[str | None] = [application]
    if project is not None:
        wanted = [one.id for one in _applications(client, project)]
    found: list[Service] = []
    for one in wanted:
        found += everything(client, operations.SERVICES, {"application": one}, lambda answer: answer.services)
    return found


def graph(
    context: typer.Context,
    application: Annotated[
        str | None, typer.Argument(help="Only this application's part; everything where it is left out.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="A tree, a table, JSON, or dot for Graphviz.")] = Format.TREE,
) -> None:
    """Show nodes and edges of the platform's graph."""
    session = session_of(context)
    with session.client() as client:
        found = client.execute(operations.GRAPH, {"application": application, "first": MOST_NODES}).graph
    if found.truncated:
        session.output.note("the graph is larger than what the server shows at once; ask for one application")
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
