"""Applications: services that belong together."""

from datetime import datetime

from strawberry import ID

from app.projection.model import Order
from graph_schema.declaration import Rule, Write, incoming, many, node, one, outgoing, stored


@node("Application", key="{project}/{name}", users="applications/find_deployed")
class Application:
    """Services that belong together and are deployed together."""

    id = stored(ID, "Its path: `project/application`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.", indexed=True)
    name = stored(str, "Its name: a DNS label, unique in the project.", indexed=True)
    description = stored(str, "What it is for.", optional=True, write=Write.ALWAYS, default="")
    project = one("projects.Project", incoming("CONTAINS"), "The project it belongs to.")
    services = many("services.Service", outgoing("HAS_SERVICE"), "What it is made of.", on_delete=Rule.CASCADE)
    deployments = many(
        "deployments.Deployment",
        (outgoing("HAS_SERVICE", "Service"), incoming("OF")),
        "What is recorded of its services, in every environment.",
        on_delete=Rule.RESTRICT,
    )
    schedules = many(
        "schedules.Schedule", outgoing("HAS_SCHEDULE"), "When it is deployed by itself.", on_delete=Rule.CASCADE
    )
    plans = many("plans.Plan", incoming("FOR"), "Plans for it, newest first.", order=(Order("id", descending=True),))
