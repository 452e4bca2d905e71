"""Environments, and the providers that carry out what is deployed to them."""

from datetime import datetime

from strawberry import ID

from app.domain.environments import Stage as Stage
from app.domain.kinds import between
from app.projection.model import Order
from graph_schema.declaration import Rule, Write, incoming, many, node, one, outgoing, stored
from graph_schema.stored import described

described(
    Stage,
    "How much an environment matters; policies look at it.",
    {
        Stage.DEVELOPMENT: "For trying things out.",
        Stage.STAGING: "For showing that they work.",
        Stage.PRODUCTION: "For those who depend on it.",
    },
)


@node("Environment", key="{project}@{name}")
class Environment:
    """A place where a project's applications run."""

    id = stored(ID, "Its path: `project@environment`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name: a DNS label, unique in the project.", indexed=True)
    description = stored(str, "What it is for.", optional=True, write=Write.ALWAYS)
    stage = stored(Stage, "How much it matters.", write=Write.ALWAYS, indexed=True)
    namespace = stored(str, "The namespace that its provider puts things into.", write=Write.ALWAYS)
    drift_every_seconds = stored(
        int,
        "Seconds between two looks at what runs in it; 0 is never, null as the workers are set.",
        optional=True,
        write=Write.ALWAYS,
        checks=(between(0, 86_400),),
    )
    drift_heal = stored(
        bool, "Whether what has drifted is put back without being asked.", optional=True, write=Write.ALWAYS
    )
    drift_ignore = stored(
        str,
        "Fields that may differ from what is recorded, such as `replicas`; also patterns, such as `environment.*`.",
        many=True,
        optional=True,
        write=Write.ALWAYS,
    )
    observed_at = stored(
        datetime, "When what runs in it was last compared with what is recorded; null while it was not.", optional=True
    )
    project = one("projects.Project", incoming("HAS_ENVIRONMENT"), "The project it belongs to.")
    provider = one(
        "Provider",
        outgoing("TARGETS"),
        "What carries out deployments to it.",
        optional=True,
        write=Write.ALWAYS,
        prefix="provider:",
    )
    promotes_to = one(
        "Environment",
        outgoing("PROMOTES_TO"),
        "The environment that comes after it.",
        optional=True,
        write=Write.ALWAYS,
    )
    promoted_from = many(
        "Environment", incoming("PROMOTES_TO"), "The environments that come before it.", on_delete=Rule.CONFIRM
    )
    deployments = many(
        "deployments.Deployment", incoming("IN"), "What is recorded as running in it.", on_delete=Rule.RESTRICT
    )
    schedules = many(
        "schedules.Schedule", incoming("DEPLOYS_TO"), "What deploys to it by itself.", on_delete=Rule.RESTRICT
    )
    plans = many("plans.Plan", incoming("IN"), "Plans for it, newest first.", order=(Order("id", descending=True),))


@node("Provider")
class Provider:
    """What carries deployments out: `echo` for trying things out, `kubernetes` for a cluster."""

    id = stored(ID, "Its id.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was added.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name.")
    kinds = stored(str, "The kinds of service it can carry out.", many=True)
    environments = many("Environment", incoming("TARGETS"), "The environments it is used for.")
