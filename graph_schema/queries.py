"""What can be asked: the Query type."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import ID

from app.projection.model import AtLeast, Contains, Equals, LeafKind, Order, StartsWith
from app.projection.paging import DEFAULT_FIRST, MOST_FIRST
from graph_schema.context import Context
from graph_schema.declaration import incoming, outgoing
from graph_schema.deployments import DeploymentStatus
from graph_schema.entries import Where, by_id, page, query, reaches, resolved
from graph_schema.events import EventFilter, Level
from graph_schema.picture import DEFAULT_NODES, MOST_NODES, GraphPicture, read_picture
from graph_schema.plans import NEWEST, PlanState
from graph_schema.runs import RunState
from graph_schema.status import ServiceStatusPage, read_status

Asked: TypeAlias = strawberry.Info[Context, None]

_OF_PROJECT = "Only what belongs to the project with this id."
_OF_APPLICATION = "Only what belongs to the application with this id."
_OF_SERVICE = "Only what belongs to the service with this id."
_OF_ENVIRONMENT = "Only what concerns the environment with this id."


@query
class Query:
    """What can be asked of the platform's graph."""

    me = by_id("tenants.User", "Who is signed in.", argument=None)
    teams = page("tenants.Team", "All teams.")
    team = by_id("tenants.Team", "One team.")
    projects = page("projects.Project", "All projects.")
    project = by_id("projects.Project", "One project.")
    environments = page(
        "environments.Environment",
        "All environments.",
        where={"project": Where(ID, _OF_PROJECT, reaches(incoming("HAS_ENVIRONMENT", "Project")))},
    )
    environment = by_id("environments.Environment", "One environment.")
    applications = page(
        "applications.Application",
        "All applications.",
        where={
            "project": Where(ID, _OF_PROJECT, reaches(incoming("CONTAINS", "Project"))),
            "environment": Where(
                ID,
                "Only what has a service deployed in the environment with this id.",
                reaches(
                    outgoing("HAS_SERVICE", "Service"),
                    incoming("OF", "Deployment"),
                    outgoing("IN", "Environment"),
                    unique=False,
                ),
            ),
        },
    )
    application = by_id("applications.Application", "One application.")
    services = page(
        "services.Service",
        "All services.",
        where={
            "application": Where(ID, _OF_APPLICATION, reaches(incoming("HAS_SERVICE", "Application"))),
            "environment": Where(
                ID,
                "Only what is deployed in the environment with this id.",
                reaches(incoming("OF", "Deployment"), outgoing("IN", "Environment"), unique=False),
            ),
        },
    )
    service = by_id("services.Service", "One service.")
    service_versions = page(
        "services.ServiceVersion",
        "All versions of services.",
        where={"service": Where(ID, _OF_SERVICE, reaches(incoming("HAS_VERSION", "Service")))},
    )
    service_version = by_id("services.ServiceVersion", "One version of a service.")
    deployments = page(
        "deployments.Deployment",
        "What is recorded as running, one node a service and environment.",
        where={
            "application": Where(ID, _OF_APPLICATION, Equals("application_id")),
            "environment": Where(ID, _OF_ENVIRONMENT, Equals("environment_id")),
            "service": Where(ID, _OF_SERVICE, Equals("service_id")),
            "status": Where(DeploymentStatus, "Only what has this status.", Equals("status")),
        },
    )
    deployment = by_id("deployments.Deployment", "One deployment.")
    plans = page(
        "plans.Plan",
        "All plans, newest first.",
        order=NEWEST,
        where={
            "application": Where(ID, _OF_APPLICATION, Equals("application_id")),
            "environment": Where(ID, _OF_ENVIRONMENT, Equals("environment_id")),
            "state": Where(PlanState, "Only plans in this state.", Equals("state")),
        },
    )
    plan = by_id("plans.Plan", "One plan.")
    runs = page(
        "runs.Run",
        "All runs, newest first.",
        order=NEWEST,
        where={
            "application": Where(ID, _OF_APPLICATION, Equals("application_id")),
            "environment": Where(ID, _OF_ENVIRONMENT, Equals("environment_id")),
            "state": Where(RunState, "Only runs in this state.", Equals("state")),
        },
    )
    run = by_id("runs.Run", "One run.")
    events = page(
        "events.Event",
        "The log of all changes, in the order of their numbers.",
        order=(Order("seq", LeafKind.INT),),
        where={
            "filter": Where(
                EventFilter,
                "Which events to show.",
                {
                    "type": StartsWith("type"),
                    "category": Equals("category"),
                    "level": AtLeast("level", tuple(each.value for each in Level)),
                    "subject": Equals("subject"),
                    "application": Equals("application_id"),
                    "environment": Equals("environment_id"),
                    "correlation": Equals("correlation_id"),
                    "text": Contains(("message", "type", "subject")),
                },
            )
        },
    )
    event = by_id("events.Event", "One event.")
    policies = page("policies.Policy", "All policies.")
    policy = by_id("policies.Policy", "One policy.")
    providers = page("environments.Provider", "All providers.")

    @resolved(description="The platform as nodes and edges, for pictures.")
    async def graph(
        self,
        info: Asked,
        application: Annotated[
            ID | None, strawberry.argument(description="Only this application, what its services need, where they run.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many nodes at most, 1 to {MOST_NODES}.")
        ] = DEFAULT_NODES,
    ) -> GraphPicture:
        """The platform as nodes and edges."""
        return await read_picture(info.context, application, first)

    @resolved(description="Which version of each service runs in each environment of its project.")
    async def status(
        self,
        info: Asked,
        application: Annotated[ID | None, strawberry.argument(description=_OF_APPLICATION)] = None,
        environment: Annotated[ID | None, strawberry.argument(description=_OF_ENVIRONMENT)] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many rows at most, 1 to {MOST_FIRST}.")
        ] = DEFAULT_FIRST,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> ServiceStatusPage:
        """Which version of each service runs in each environment of its project."""
        return await read_status(info.context, application, environment, first=first, after=after)
