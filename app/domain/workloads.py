"""What a service needs at run time: the desired state that a provider makes real."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProbeKind(StrEnum):
    """How a container is asked whether it is ready."""

    TCP = "tcp"
    HTTP = "http"
    GRPC = "grpc"


class Exposure(StrEnum):
    """Who can reach a service."""

    INTERNAL = "internal"
    PUBLIC = "public"


class DataClass(StrEnum):
    """How much the data that a service holds matters."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Port:
    """A port a service listens on.

    `number` is what others connect to, `target` what the container binds (1..65535 each); `name` is a DNS label of at
    most 15 characters, unique within the service.
    """

    name: str
    number: int
    target: int


@dataclass(frozen=True, slots=True)
class Probe:
    """The readiness probe; `path` is used by HTTP probes only."""

    kind: ProbeKind
    port: int
    path: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceNeeds:
    """Requests and limits in Kubernetes quantities ("100m", "64Mi"); None leaves a bound open."""

    cpu_request: str | None = None
    cpu_limit: str | None = None
    memory_request: str | None = None
    memory_limit: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Names one service in one environment: all a provider needs to find what it made.

    `namespace` is the environment's, `name` the service's (both DNS labels); the ids go into labels and annotations, so
    that what runs can be traced back to the graph.
    """

    tenant: str
    application_id: str
    environment_id: str
    service_id: str
    name: str
    namespace: str
    kind: str = "Workload"


@dataclass(frozen=True, slots=True)
class Workload:
    """A service version as it should run in an environment.

    `environment` holds (name, value) pairs sorted by name; `deadline_seconds` (1..3600) bounds the wait for readiness.
    """

    target: Target
    version_id: str
    image: str
    replicas: int = 1
    ports: tuple[Port, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    resources: ResourceNeeds = ResourceNeeds()
    probe: Probe | None = None
    deadline_seconds: int = 300
