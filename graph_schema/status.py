"""Status: which version of a service runs in which environment, and how the last attempt ended."""

from datetime import datetime

import strawberry

from app.domain.access import Action, require
from app.errors import InvalidInput
from app.projection.model import Order
from app.projection.ordering import Ordering
from app.projection.paging import cursor, page_size, place
from app.transactions import Row
from graph_schema.context import Context
from graph_schema.deployments import DeploymentStatus
from graph_schema.resolved_connections import Connection, connection

_ORDER = (Order("service"), Order("environment"))


@strawberry.type(description="One service in one environment of its project.")
class ServiceStatus:
    """One service in one environment of its project."""

    application: strawberry.ID = strawberry.field(description="The application's id.")
    environment: strawberry.ID = strawberry.field(description="The environment's id.")
    environment_name: str = strawberry.field(description="The environment's name.")
    service: strawberry.ID = strawberry.field(description="The service's id.")
    service_name: str = strawberry.field(description="The service's name.")
    status: DeploymentStatus | None = strawberry.field(
        description="How the last attempt ended; null where it was never deployed there."
    )
    message: str | None = strawberry.field(description="What the provider said about it, for people.")
    version: strawberry.ID | None = strawberry.field(description="The id of the version that runs.")
    version_name: str | None = strawberry.field(description="The name of the version that runs.")
    image: str | None = strawberry.field(description="The image that runs.")
    desired_version: strawberry.ID | None = strawberry.field(description="The id of the version to deploy next.")
    run: strawberry.ID | None = strawberry.field(description="The id of the run that last touched it.")
    deployed_at: datetime | None = strawberry.field(description="When what runs was deployed.")


async def read_status(
    context: Context, application: str | None, environment: str | None, *, first: int | None, after: str | None
) -> Connection[ServiceStatus]:
    """A page of all services in all environments of their projects, or of one application or environment.

    Raises Unauthenticated, Forbidden and InvalidInput.
    """
    actor = context.signed_in()
    require(actor, Action.READ)
    size = page_size(first)
    if after is None:
        start = ("", "")
    else:
        service, place_ = place(after, Ordering(_ORDER))
        start = (str(service), str(place_))
    if application is not None and not application:
        raise InvalidInput("application must be an id", "application")
    reader = context.application.graph.reader(actor.tenant)
    rows = await reader.run(
        "status/list_status",
        application_id=application,
        environment_id=environment,
        after_service=start[0],
        after_environment=start[1],
        limit=size + 1,
    )

    async def count() -> int:
        [row] = await reader.run("status/count_status", application_id=application, environment_id=environment)
        return int(str(row["total"]))

    found = [(_cursor(row), _status(row)) for row in rows[:size]]
    return connection(found, more=len(rows) > size, later=after is not None, count=count)


def _cursor(row: Row) -> str:
    return cursor([str(row["service_id"]), str(row["environment_id"])])


def _status(row: Row) -> ServiceStatus:
    status, deployed_at = _text(row, "status"), _text(row, "deployed_at")
    return ServiceStatus(
        application=strawberry.ID(str(row["application_id"])),
        environment=strawberry.ID(str(row["environment_id"])),
        environment_name=str(row["environment_name"]),
        service=strawberry.ID(str(row["service_id"])),
        service_name=str(row["service_name"]),
        status=None if status is None else DeploymentStatus(status),
        message=_text(row, "message"),
        version=_id(row, "version_id"),
        version_name=_text(row, "version_name"),
        image=_text(row, "image"),
        desired_version=_id(row, "desired_version_id"),
        run=_id(row, "run_id"),
        deployed_at=None if deployed_at is None else datetime.fromisoformat(deployed_at),
    )


def _text(row: Row, name: str) -> str | None:
    value = row[name]
    return None if value is None else str(value)


def _id(row: Row, name: str) -> strawberry.ID | None:
    value = _text(row, name)
    return None if value is None else strawberry.ID(value)
