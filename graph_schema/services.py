"""Services, their versions, and what they depend on."""

from datetime import datetime

from strawberry import ID
from strawberry.scalars import JSON

from app.domain.dependencies import DependencyKind as DependencyKind
from app.domain.names import VERSION_PATTERN
from app.domain.workloads import DataClass as DataClass
from app.domain.workloads import Exposure as Exposure
from app.domain.workloads import ProbeKind as ProbeKind
from app.projection.model import Order
from graph_schema.declaration import Rule, Write, incoming, many, node, one, outgoing, stored
from graph_schema.stored import described

described(
    DependencyKind,
    "How much a service needs another.",
    {
        DependencyKind.HARD: "Cannot run without it: deployed after it, and blocked while it is missing.",
        DependencyKind.SOFT: "Uses it where it is there.",
    },
)
described(
    ProbeKind,
    "How a container is asked whether it is ready.",
    {
        ProbeKind.TCP: "By connecting to the port.",
        ProbeKind.HTTP: "By a GET request.",
        ProbeKind.GRPC: "By the gRPC health protocol.",
    },
)
described(
    Exposure,
    "Who can reach a service.",
    {Exposure.INTERNAL: "Only other services.", Exposure.PUBLIC: "Anybody."},
)
described(
    DataClass,
    "How much the data that a service holds matters.",
    {
        DataClass.PUBLIC: "Anybody may see it.",
        DataClass.INTERNAL: "Everybody of the organisation may see it.",
        DataClass.CONFIDENTIAL: "Few may see it.",
        DataClass.PERSONAL: "It is about persons.",
    },
)
DEPENDENCY = {"kind": stored(DependencyKind, "How much it is needed.")}


@node("Service", key="{application}/{name}")
class Service:
    """A process that is part of an application."""

    id = stored(ID, "Its path: `project/application/service`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.", indexed=True)
    name = stored(str, "Its name: a DNS label, unique in the application.", indexed=True)
    description = stored(str, "What it is for.", optional=True, write=Write.ALWAYS)
    kind = stored(str, "What it is for a provider, such as `Workload`.", default="Workload")
    exposure = stored(Exposure, "Who can reach it.", optional=True, write=Write.ALWAYS, indexed=True)
    data_class = stored(DataClass, "What data it holds.", optional=True, write=Write.ALWAYS, indexed=True)
    configuration = stored(
        JSON, "What it says to the inputs of the template that it is an instance of.", optional=True, filterable=False
    )
    application = one("applications.Application", incoming("HAS_SERVICE"), "The application it is part of.")
    template = one(
        "templates.Template",
        (outgoing("INSTANCE_OF", "TemplateVersion"), incoming("HAS_VERSION")),
        "The template it is an instance of; null where it says itself what it runs.",
        optional=True,
    )
    template_version = one(
        "templates.TemplateVersion",
        outgoing("INSTANCE_OF"),
        "The version of the template; null where it says itself what it runs.",
        optional=True,
    )
    desired_version = one("ServiceVersion", outgoing("DESIRES"), "The version to deploy next.", optional=True)
    versions = many("ServiceVersion", outgoing("HAS_VERSION"), "All its versions.", on_delete=Rule.CASCADE)
    dependencies = many(
        "Service", outgoing("DEPENDS_ON"), "The services it needs.", name="ServiceDependency", properties=DEPENDENCY
    )
    dependents = many(
        "Service",
        incoming("DEPENDS_ON"),
        "The services that need it.",
        name="ServiceDependency",
        properties=DEPENDENCY,
        on_delete=Rule.CONFIRM,
    )
    deployments = many("deployments.Deployment", incoming("OF"), "What is recorded of it, one an environment.")
    plan_steps = many(
        "plans.PlanStep",
        incoming("CHANGES"),
        "The steps of plans that change it, newest first.",
        order=(Order("id", descending=True),),
    )


@node("ServiceVersion", key="{service}:{name}", named=VERSION_PATTERN, users="versions/find_version_users")
class ServiceVersion:
    """What a service is made of at one time; a version never changes."""

    id = stored(ID, "Its path: `project/application/service:version`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its label and the beginning of its digest.")
    digest = stored(str, "The SHA-256 of what it specifies, in hexadecimal.", told=True)
    image = stored(str, "The container image.", told=True, indexed=True)
    replicas = stored(int, "How many of it run.")
    deprecated = stored(bool, "Whether it is not to be deployed any more.", optional=True, write=Write.ALWAYS)
    ports = stored(str, "The ports it listens on, each as `name:number:target`.", many=True)
    environment = stored(str, "The environment variables, each as `NAME=value`.", many=True)
    command = stored(str, "The command that replaces the image's own.", many=True)
    args = stored(str, "The arguments that replace the image's own.", many=True)
    cpu_request = stored(str, "CPU it is guaranteed, as a Kubernetes quantity.", optional=True)
    cpu_limit = stored(str, "CPU it may use, as a Kubernetes quantity.", optional=True)
    memory_request = stored(str, "Memory it is guaranteed, as a Kubernetes quantity.", optional=True)
    memory_limit = stored(str, "Memory it may use, as a Kubernetes quantity.", optional=True)
    probe_kind = stored(ProbeKind, "How it is asked whether it is ready.", optional=True)
    probe_port = stored(int, "The port that is asked.", optional=True)
    probe_path = stored(str, "The path that an HTTP probe asks for.", optional=True)
    deadline_seconds = stored(int, "How many seconds a deployment may wait for it to be ready.")
    service = one("Service", incoming("HAS_VERSION"), "The service it is a version of.")
    desired_by = one(
        "Service",
        incoming("DESIRES"),
        "The service, where this is what to deploy next.",
        optional=True,
        on_delete=Rule.CONFIRM,
    )
    deployments = many("deployments.Deployment", incoming("RUNS"), "Where it is recorded as running.")
