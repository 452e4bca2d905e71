"""A large organisation's manifests: projects with environments and applications, services that need each other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

STAGES = ("development", "staging", "production")


@dataclass(frozen=True, slots=True)
class Organisation:
    """How many projects, applications and documents in all; each project has three environments.

    `documents` less what the others take are services, spread evenly over the applications; each needs two or three
    of those before it in its application.
    """

    projects: int = 20
    applications: int = 500
    documents: int = 10_000

    @property
    def services(self) -> int:
        """How many services there are in all."""
        return self.documents - self.projects * (1 + len(STAGES)) - self.applications

    @property
    def entities(self) -> int:
        """How many nodes the documents declare: one each, and a version for every service."""
        return self.documents + self.services

    def manifests(self) -> list[JsonValue]:
        """The documents: drawn at random, the same ones every time."""
        return [*self._places(), *self._services()]

    def _places(self) -> Iterator[JsonValue]:
        for number in range(self.projects):
            project = f"project{number:03d}"
            yield _document("Project", {"name": project}, {"description": f"Everything of {project}."})
            for stage, after in zip(STAGES, (*STAGES[1:], None), strict=True):
                spec: dict[str, JsonValue] = {"stage": stage}
                if after is not None:
                    spec["promotesTo"] = after
                yield _document("Environment", {"project": project, "name": stage}, spec)
        for number in range(self.applications):
            project, name = self._application(number)
            yield _document("Application", {"project": project, "name": name}, {"description": f"Services of {name}."})

    def _services(self) -> Iterator[JsonValue]:
        chance = random.Random(1)
        for number in range(self.services):
            place, own = number // self.applications, number % self.applications
            project, application = self._application(own)
            needs = chance.sample(range(place), min(place, chance.randint(2, 3)))
            yield _document(
                "Service",
                {"project": project, "application": application, "name": _service(place)},
                {
                    "image": f"registry.example.org/{project}/{application}-{_service(place)}:v1.{place}.{own}",
                    "replicas": chance.randint(1, 5),
                    "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
                    "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "PORT", "value": "8080"}],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "64Mi"},
                        "limits": {"cpu": "500m", "memory": "256Mi"},
                    },
                    "readiness": {"http": {"port": 8080, "path": "/healthz"}},
                    "dependencies": [{"service": _service(need)} for need in sorted(needs)],
                },
            )

    def _application(self, number: int) -> tuple[str, str]:
        return f"project{number % self.projects:03d}", f"application{number:04d}"


def _service(place: int) -> str:
    return f"service{place:03d}"


def _document(kind: str, metadata: dict[str, JsonValue], spec: dict[str, JsonValue]) -> JsonValue:
    return {"apiVersion": "trellis/v1", "kind": kind, "metadata": metadata, "spec": spec}
