"""Deployments: what is recorded of a service in an environment."""

from datetime import datetime
from enum import StrEnum

from strawberry import ID

from graph_schema.declaration import incoming, node, one, outgoing, stored
from graph_schema.stored import described


class DeploymentStatus(StrEnum):
    """What became of the last step that touched a deployment."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    UNKNOWN = "unknown"
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
        DeploymentStatus.REMOVED: "It was taken away.",
    },
)


@node("Deployment")
class Deployment:
    """What is recorded of a service in an environment: the version that runs, and how the last attempt ended."""

    id = stored(ID, "Its path: `project/application/service@environment`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was first recorded.")
    updated_at = stored(datetime, "When it was last changed.")
    status = stored(DeploymentStatus, "What became of the last step that touched it.")
    message = stored(str, "What the provider said about it, for people.", optional=True)
    deployed_at = stored(datetime, "When what runs was deployed; null while nothing has been.", optional=True)
    kind = stored(str, "What the service is for a provider, such as `Workload`.")
    provider = stored(str, "What carries it out.", optional=True)
    depends_on = stored(ID, "The ids of the services that had to be there before it.", many=True)
    outputs = stored(str, "What the provider said about what runs, each as `name=value`.", many=True, optional=True)
    application_id = stored(ID, "The application's id, also after the application is gone.")
    environment_id = stored(ID, "The environment's id, also after the environment is gone.")
    service_id = stored(ID, "The service's id, also after the service is gone.")
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
