"""Models of the answers that list what there is."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, JsonValue

from app.cli.answers import Answer, LoggedEvent, Page, Run


class RunsAnswer(Answer):
    """The answer to `runs`."""

    runs: Page[Run]


class Project(Answer):
    """A project."""

    id: str
    name: str
    description: str | None
    updated_at: datetime


class ProjectsAnswer(Answer):
    """The answer to `projects`."""

    projects: Page[Project]


class Provider(Answer):
    """What carries deployments out."""

    id: str
    name: str


class Reference(Answer):
    """Something by its id."""

    id: str


class Environment(Answer):
    """An environment."""

    id: str
    name: str
    description: str | None
    stage: str
    namespace: str
    provider: Provider | None
    promotes_to: Reference | None
    updated_at: datetime


class EnvironmentsAnswer(Answer):
    """The answer to `environments`."""

    environments: Page[Environment]


class Application(Answer):
    """An application."""

    id: str
    name: str
    description: str | None
    updated_at: datetime


class ApplicationsAnswer(Answer):
    """The answer to `applications`."""

    applications: Page[Application]


class ApplicationAnswer(Answer):
    """The answer to `application`."""

    application: Reference | None


class EnvironmentAnswer(Answer):
    """The answer to `environment`."""

    environment: Reference | None


class DesiredVersion(Answer):
    """The version of a service that is to be deployed next."""

    id: str
    name: str
    image: str
    replicas: int


class Service(Answer):
    """A service."""

    id: str
    name: str
    description: str | None
    kind: str
    desired_version: DesiredVersion | None
    template_version: Reference | None
    updated_at: datetime


class ServicesAnswer(Answer):
    """The answer to `services`."""

    services: Page[Service]


class TemplateVersion(Answer):
    """A version of a template."""

    id: str
    name: str
    deprecated: bool | None


class TemplateVersions(Answer):
    """The first versions of a template, and how many there are."""

    nodes: list[TemplateVersion]
    total_count: int


class Template(Answer):
    """A template."""

    id: str
    name: str
    title: str | None
    description: str | None
    icon: str | None
    category: str | None
    tags: list[str]
    versions: TemplateVersions
    updated_at: datetime


class TemplatesAnswer(Answer):
    """The answer to `templates`."""

    templates: Page[Template]


class Hit(Answer):
    """What a search found; `name` and `description` are None where its type has none."""

    type_name: str = Field(alias="__typename")
    id: str
    name: str | None = None
    description: str | None = None


class SearchAnswer(Answer):
    """The answer to `search`."""

    search: Page[Hit]


class ServiceStatus(Answer):
    """A service in one environment; `status` is None where it was never deployed there."""

    application: str
    environment: str
    service: str
    service_name: str
    status: str | None
    message: str | None
    version: str | None
    version_name: str | None
    image: str | None
    desired_version: str | None
    run: str | None
    deployed_at: datetime | None

    @property
    def is_current(self) -> bool:
        """Whether what runs is what is desired, and the last attempt succeeded."""
        return self.version == self.desired_version and self.status in (None, "SUCCEEDED")


class StatusAnswer(Answer):
    """The answer to `status`."""

    status: Page[ServiceStatus]


class Unsaid(Answer):
    """Something of the graph that no manifest can say."""

    id: str
    reason: str


class ManifestPage(Page[dict[str, JsonValue]]):
    """A page of manifests."""

    unsaid: list[Unsaid]


class ExportManifestsAnswer(Answer):
    """The answer to `export_manifests`."""

    export_manifests: ManifestPage


class EventsAnswer(Answer):
    """The answer to the query `events`."""

    events: Page[LoggedEvent]


class Node(Answer):
    """A node of the graph; `version` is what a deployment runs or a service desires."""

    id: str
    label: str
    name: str
    status: str | None
    version: str | None


class Edge(Answer):
    """An edge of the graph; `source` and `target` are ids."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    type: str
    kind: str | None


class Graph(Answer):
    """Nodes and edges; `truncated` says that there are more."""

    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


class GraphAnswer(Answer):
    """The answer to `graph`."""

    graph: Graph
