"""What should run and what runs, service by service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from rich.table import Table

from app.cli.listings import Deployment, Service
from app.cli.tables import cell, state, table

NOT_DEPLOYED = "NOT_DEPLOYED"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands in an environment; `environment` is None for one that is deployed nowhere.

    `status` is the outcome of the last attempt, in the words of GraphQL, or NOT_DEPLOYED. `current` says that what runs
    is what is desired.
    """

    service: str
    environment: str | None
    status: str
    current: bool
    desired: str | None
    running: str | None
    image: str | None
    deployed_at: str | None
    message: str | None
    run: str | None

    def as_json(self) -> dict[str, JsonValue]:
        """The standing as JSON."""
        return {
            "service": self.service,
            "environment": self.environment,
            "status": self.status,
            "current": self.current,
            "desiredVersion": self.desired,
            "runningVersion": self.running,
            "image": self.image,
            "deployedAt": self.deployed_at,
            "message": self.message,
            "run": self.run,
        }


def standings(
    services: Sequence[Service], deployments: Sequence[Deployment], environment: str | None = None
) -> list[Standing]:
    """One for each deployment, and one for each service without any; by service, then environment.

    `environment` is the one that was asked about, in which the services without a deployment are not deployed.
    """
    found = [_of_deployment(deployment) for deployment in deployments]
    deployed = {standing.service for standing in found}
    found += [_of_service(service, environment) for service in services if service.id not in deployed]
    return sorted(found, key=lambda standing: (standing.service, standing.environment or ""))


def standings_table(found: Sequence[Standing]) -> Table:
    """Standings, one a line; a version that waits to be deployed stands beside the one that runs."""
    view = table("SERVICE", "ENVIRONMENT", "STATUS", "RUNNING", "NEXT", "DEPLOYED", "MESSAGE")
    for standing in found:
        view.add_row(
            cell(standing.service),
            cell(standing.environment),
            state(standing.status),
            cell(standing.running),
            "" if standing.current else cell(standing.desired or "(delete)"),
            cell(standing.deployed_at),
            cell(standing.message),
        )
    return view


def _of_deployment(deployment: Deployment) -> Standing:
    running = deployment.service_version
    desired = deployment.service.desired_version if deployment.service else None
    return Standing(
        service=deployment.service_id,
        environment=deployment.environment_id,
        status=deployment.status,
        current=(running and running.id) == (desired and desired.id) and deployment.status == "SUCCEEDED",
        desired=desired.name if desired else None,
        running=running.name if running else None,
        image=running.image if running else None,
        deployed_at=deployment.deployed_at.isoformat() if deployment.deployed_at else None,
        message=deployment.message,
        run=deployment.run_id,
    )


def _of_service(service: Service, environment: str | None) -> Standing:
    desired = service.desired_version
    return Standing(
        service=service.id,
        environment=environment,
        status=NOT_DEPLOYED,
        current=desired is None,
        desired=desired.name if desired else None,
        running=None,
        image=None,
        deployed_at=None,
        message=None,
        run=None,
    )
