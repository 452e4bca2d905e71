"""Deployments: what is recorded of a service in an environment."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import strawberry
from strawberry import ID

from app.domain.drift import drifted_fields
from app.domain.rows import texts
from app.transactions import Value
from graph_schema.declaration import incoming, node, one, outgoing, stored, together
from graph_schema.stored import described


class DeploymentStatus(StrEnum):
    """What became of the last step that touched a deployment."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    REMOVED = "removed"


described(
    DeploymentStatus,
    "What became of the last step that touched a deployment.",
    {
        DeploymentStatus.PENDING: "It has not begun.",
        DeploymentStatus.RUNNING: "It is under way.",
        DeploymentStatus.SUCCEEDED: "It runs as recorded.",
        DeploymentStatus.FAILED: "The work failed: the image is wrong, or it never became ready.",
        DeploymentStatus.ERROR: "The machinery failed: the target could not be reached.",
        DeploymentStatus.UNKNOWN: "Nobody can tell whether the change took place; someone has to look.",
        DeploymentStatus.CANCELLED: "Its run was cancelled before the change took effect.",
        DeploymentStatus.REMOVED: "It was taken away.",
    },
)


USUAL_DRIFT = 1
"""What the cost of a deployment counts for its drift: most have none."""


@strawberry.type(description="One field in which what a provider sees differs from what is recorded.")
class DriftedField:
    """One field in which what a provider sees differs from what is recorded."""

    field: str = strawberry.field(description="The field's name: `image`, `replicas`, `environment.LOG_LEVEL`.")
    recorded: str | None = strawberry.field(
        description="The value that is recorded, masked where it is a variable's; null where there is none."
    )
    observed: str | None = strawberry.field(
        description="The value that was seen, masked where it is a variable's; null where there was none."
    )


def _drift(expected: Value, observed: Value) -> Sequence[object]:
    return drifted_fields(texts(expected), texts(observed))


@node("Deployment")
class Deployment:
    """What is recorded of a service in an environment: the version that runs, and how the last attempt ended."""

    id = stored(ID, "Its path: `project/application/service@environment`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was first recorded.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.", indexed=True)
    status = stored(DeploymentStatus, "What became of the last step that touched it.", indexed=True)
    message = stored(str, "What the provider said about it, for people.", optional=True)
    deployed_at = stored(
        datetime, "When what runs was deployed; null while nothing has been.", optional=True, indexed=True
    )
    kind = stored(str, "What the service is for a provider, such as `Workload`.")
    provider = stored(str, "What carries it out.", optional=True)
    depends_on = stored(ID, "The ids of the services that had to be there before it.", many=True)
    inputs = stored(
        str, "The outputs of others that its environment refers to, each as `name=value`.", many=True, optional=True
    )
    drifted = stored(
        bool,
        "Whether the provider was seen to have something else than what is recorded; null while it was not asked.",
        optional=True,
        indexed=True,
    )
    drifted_at = stored(datetime, "Since when it has drifted; null where it has not.", optional=True)
    observed_at = stored(
        datetime, "When the provider was last asked what it sees; null while it was not.", optional=True
    )
    drift = together(
        DriftedField,
        ("expected", "observed"),
        _drift,
        "The fields in which what the provider sees differs from what is recorded, by name.",
        items=USUAL_DRIFT,
    )
    outputs = stored(str, "What the provider said about what runs, each as `name=value`.", many=True, optional=True)
    application_id = stored(ID, "The application's id, also after the application is gone.", indexed=True)
    environment_id = stored(ID, "The environment's id, also after the environment is gone.", indexed=True)
    service_id = stored(ID, "The service's id, also after the service is gone.", indexed=True)
    service_name = stored(str, "The service's name, also after the service is gone.")
    version_id = stored(ID, "The id of the version that runs; null while none does.", optional=True)
    run_id = stored(ID, "The id of the run that last touched it.", optional=True)
    service = one("services.Service", outgoing("OF"), "The service; null once it is deleted.", optional=True)
    environment = one(
        "environments.Environment", outgoing("IN"), "Where it runs; null once that is deleted.", optional=True
    )
    service_version = one("services.ServiceVersion", outgoing("RUNS"), "The version that runs.", optional=True)
    application = one(
        "applications.Application",
        (outgoing("OF", "Service"), incoming("HAS_SERVICE")),
        "The application; null once the service is deleted.",
        optional=True,
    )
