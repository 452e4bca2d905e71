"""What can be asked: the Query type."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import ID

from app.domain import dependency_paths, pictures
from app.domain.impact import ChangeKind
from app.domain.pictures import GraphKind, GraphMode
from app.projection.model import AtLeast, Contains, Equals, LeafKind, Order, StartsWith
from app.projection.paging import DEFAULT_FIRST, MOST_FIRST
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.entries import Where, by_id, page, query, resolved, search
from graph_schema.events import EventFilter, Level
from graph_schema.exports import ManifestConnection, read_manifests
from graph_schema.impact import Impact, read_impact
from graph_schema.picture import DependencyPaths, GraphPicture, read_paths, read_picture
from graph_schema.plan_diff import PlanDiff, read_plan_diff
from graph_schema.plans import NEWEST
from graph_schema.resolved_connections import Connection
from graph_schema.search import HIT, INDEX, WEIGHTS, NodeKind
from graph_schema.status import ServiceStatus, read_status
from graph_schema.weights import LOOKING, PAGE

Asked: TypeAlias = strawberry.Info[Context, None]

_OF_APPLICATION = "Only what belongs to the application with this id."
_OF_ENVIRONMENT = "Only what concerns the environment with this id."


@query
class Query:
    """What can be asked of the platform's graph."""

    node = by_id("interfaces.Node", "Anything that people can name.")
    search = search(
        "interfaces.Node",
        "What a text finds, the best first: each word of it begins a word of the name, the id or the description.",
        index=INDEX,
        weights=WEIGHTS,
        kinds=NodeKind,
        properties=HIT,
    )
    me = by_id("tenants.User", "Who is signed in.", argument=None)
    teams = page("tenants.Team", "All teams.", weight=PAGE)
    team = by_id("tenants.Team", "One team.")
    projects = page("projects.Project", "All projects.")
    project = by_id("projects.Project", "One project.")
    environments = page("environments.Environment", "All environments.")
    environment = by_id("environments.Environment", "One environment.")
    applications = page("applications.Application", "All applications.")
    application = by_id("applications.Application", "One application.")
    services = page("services.Service", "All services.")
    service = by_id("services.Service", "One service.")
    service_versions = page("services.ServiceVersion", "All versions of services.")
    service_version = by_id("services.ServiceVersion", "One version of a service.")
    deployments = page("deployments.Deployment", "What is recorded as running, one node a service and environment.")
    deployment = by_id("deployments.Deployment", "One deployment.")
    plans = page("plans.Plan", "All plans, newest first.", order=NEWEST)
    plan = by_id("plans.Plan", "One plan.")
    runs = page("runs.Run", "All runs, newest first.", order=NEWEST)
    run = by_id("runs.Run", "One run.")
    schedules = page("schedules.Schedule", "All schedules.")
    schedule = by_id("schedules.Schedule", "One schedule.")
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
    policies = page("policies.Policy", "All policies.", weight=PAGE)
    policy = by_id("policies.Policy", "One policy.")
    violations = page("policies.Violation", "What audits have found to violate policies, open or not.")
    freezes = page("policies.Freeze", "The times during which nothing is deployed.")
    decisions = page("policies.Decision", "What policies said, newest first.", order=NEWEST)
    decision = by_id("policies.Decision", "One decision.")
    templates = page("templates.Template", "All templates: what services can be instances of.", weight=PAGE)
    template = by_id("templates.Template", "One template.")
    template_versions = page("templates.TemplateVersion", "All versions of all templates.")
    template_version = by_id("templates.TemplateVersion", "One version of a template.")
    providers = page("environments.Provider", "All providers.", weight=PAGE)

    @resolved(
        description="The platform as nodes and edges, for pictures: as declared, as planned, or as deployed.",
        weight=Weight(LOOKING.own, most=pictures.MOST_NODES),
    )
    async def graph(
        self,
        info: Asked,
        scope: Annotated[
            ID | None,
            strawberry.argument(
                description="The id of a node: only what belongs to it, and what is near that; null is everything."
            ),
        ] = None,
        depth: Annotated[
            int | None,
            strawberry.argument(
                description="How many dependencies away from what is in scope, in either direction, "
                f"0 to {pictures.MOST_DEPTH}."
            ),
        ] = pictures.DEFAULT_DEPTH,
        kinds: Annotated[
            list[GraphKind] | None,
            strawberry.argument(description="What to show; all but teams, providers and versions where it is null."),
        ] = None,
        mode: Annotated[GraphMode, strawberry.argument(description="Which graph to show.")] = GraphMode.DESIRED,
        plan: Annotated[
            ID | None,
            strawberry.argument(
                description="In the mode PLANNED: the plan to show, instead of the newest ones; it is the scope where "
                "none is given."
            ),
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many nodes at most, 1 to {pictures.MOST_NODES}.")
        ] = pictures.DEFAULT_NODES,
    ) -> GraphPicture:
        """The platform as nodes and edges."""
        wanted = pictures.Asked(mode=mode, scope=scope, depth=depth, kinds=kinds, first=first, plan=plan)
        return await read_picture(info.context, wanted)

    @resolved(
        description="The shortest ways on which a node needs another: over dependencies, and from deployments and "
        "environments to what they run, run in and are carried out by. Null where it does not need it.",
        weight=Weight(LOOKING.own, most=dependency_paths.MOST_PATHS),
    )
    async def path(
        self,
        info: Asked,
        from_: Annotated[ID, strawberry.argument(name="from", description="The id of the node that needs the other.")],
        to: Annotated[ID, strawberry.argument(description="The id of the node that is needed.")],
        depth: Annotated[
            int | None,
            strawberry.argument(description=f"How many edges at most, 1 to {dependency_paths.MOST_DEPTH}."),
        ] = dependency_paths.DEFAULT_DEPTH,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many ways at most, 1 to {dependency_paths.MOST_PATHS}.")
        ] = 1,
    ) -> DependencyPaths | None:
        """The shortest ways on which a node needs another."""
        return await read_paths(info.context, from_, to, depth=depth, first=first)

    @resolved(
        description="What the deletion, the change or the outage of a node reaches: its parts, what needs them, and "
        "what needs that.",
        weight=LOOKING,
    )
    async def impact(
        self,
        info: Asked,
        node: Annotated[ID, strawberry.argument(description="The id of the node that would change.")],
        change: Annotated[ChangeKind, strawberry.argument(description="What would happen to it.")],
    ) -> Impact:
        """What a change of a node reaches."""
        return await read_impact(info, node, change)

    @resolved(
        description="What two plans say otherwise: steps that only one has, and steps that differ.",
        weight=Weight(2_000),
    )
    async def plan_diff(
        self,
        info: Asked,
        a: Annotated[ID, strawberry.argument(description="The id of the first plan.")],
        b: Annotated[ID, strawberry.argument(description="The id of the second plan.")],
    ) -> PlanDiff:
        """What two plans say otherwise."""
        return await read_plan_diff(info.context, a, b)

    @resolved(
        description="Which version of each service runs in each environment of its project, by their ids.",
        weight=Weight(LOOKING.own, most=MOST_FIRST),
    )
    async def status(
        self,
        info: Asked,
        application: Annotated[ID | None, strawberry.argument(description=_OF_APPLICATION)] = None,
        environment: Annotated[ID | None, strawberry.argument(description=_OF_ENVIRONMENT)] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many rows at most, 1 to {MOST_FIRST}.")
        ] = DEFAULT_FIRST,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> Connection[ServiceStatus]:
        """Which version of each service runs in each environment of its project."""
        return await read_status(info.context, application, environment, first=first, after=after)

    @resolved(
        description="The platform as manifests that can be applied, projects first, then by kind and id.",
        weight=Weight(LOOKING.own, most=MOST_FIRST),
    )
    async def export_manifests(
        self,
        info: Asked,
        scope: Annotated[
            ID | None,
            strawberry.argument(
                description="Only this project, environment, application or service, with what belongs to it."
            ),
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many objects at most, 1 to {MOST_FIRST}.")
        ] = DEFAULT_FIRST,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> ManifestConnection:
        """The platform as manifests."""
        return await read_manifests(info.context, scope, first=first, after=after)
