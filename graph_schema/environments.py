"""Environments, and the providers that carry out what is deployed to them."""

from datetime import datetime

from strawberry import ID

from app.domain.environments import Stage as Stage
from app.projection.model import Order
from graph_schema.declaration import Rule, incoming, many, node, one, outgoing, stored
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


@node("Environment")
class Environment:
    """A place where a project's applications run."""

    id = stored(ID, "Its path: `project@environment`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name: a DNS label, unique in the project.")
    description = stored(str, "What it is for.", optional=True)
    stage = stored(Stage, "How much it matters.")
    namespace = stored(str, "The namespace that its provider puts things into.")
    project = one("projects.Project", incoming("HAS_ENVIRONMENT"), "The project it belongs to.")
    provider = one("Provider", outgoing("TARGETS"), "What carries out deployments to it.", optional=True)
    promotes_to = one("Environment", outgoing("PROMOTES_TO"), "The environment that comes after it.", optional=True)
    promoted_from = many("Environment", incoming("PROMOTES_TO"), "The environments that come before it.")
    deployments = many(
        "deployments.Deployment", incoming("IN"), "What is recorded as running in it.", on_delete=Rule.RESTRICT
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
