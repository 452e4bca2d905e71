"""What a service version runs, as an input."""

import strawberry
from pydantic import JsonValue

from graph_schema.services import ProbeKind


@strawberry.input(description="A port that a service listens on.")
class PortInput:
    """A port that a service listens on."""

    name: str = strawberry.field(description="Its name, at most 15 characters, unique in the service.")
    port: int = strawberry.field(description="The number others connect to.")
    target_port: int | None = strawberry.field(
        default=None, description="The number the container binds; the same as port if left out."
    )


@strawberry.input(description="An environment variable of the container.")
class VariableInput:
    """An environment variable of the container."""

    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value, no secret: it is stored as it is.")


@strawberry.input(description="Amounts of CPU and memory, as Kubernetes quantities.")
class BoundsInput:
    """Amounts of CPU and memory."""

    cpu: str | None = strawberry.field(default=None, description="Cores: 100m, 0.5, 2.")
    memory: str | None = strawberry.field(default=None, description="Bytes: 64Mi, 1Gi.")


@strawberry.input(description="How a container is asked whether it is ready.")
class ReadinessInput:
    """How a container is asked whether it is ready."""

    kind: ProbeKind = strawberry.field(description="How it is asked.")
    port: int = strawberry.field(description="The port the container listens on.")
    path: str | None = strawberry.field(default=None, description="The page to ask for, for HTTP.")


@strawberry.input(
    description="What a version of a service runs. It is immutable; the same content is the same version."
)
class ServiceVersionInput:
    """What a version of a service runs."""

    image: str = strawberry.field(description="The container image: registry/repository:tag@digest.")
    label: str | None = strawberry.field(
        default=None, description="What people call the version; from the image's tag or digest if left out."
    )
    replicas: int = strawberry.field(default=1, description="How many copies run, 0 to 1000.")
    ports: list[PortInput] = strawberry.field(default_factory=list, description="What it listens on.")
    env: list[VariableInput] = strawberry.field(default_factory=list, description="Environment variables.")
    command: list[str] = strawberry.field(default_factory=list, description="In place of the image's entry point.")
    args: list[str] = strawberry.field(default_factory=list, description="In place of the image's arguments.")
    requests: BoundsInput | None = strawberry.field(default=None, description="What is set aside for it.")
    limits: BoundsInput | None = strawberry.field(default=None, description="What it may not exceed.")
    readiness: ReadinessInput | None = strawberry.field(
        default=None, description="When it is ready to serve; as soon as it runs if left out."
    )
    deadline_seconds: int = strawberry.field(default=300, description="How long a rollout may take, 1 to 3600 seconds.")


def _known(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in values.items() if value is not None}


def _bounds(bounds: BoundsInput | None) -> dict[str, JsonValue]:
    return {} if bounds is None else _known({"cpu": bounds.cpu, "memory": bounds.memory})


def manifest_spec(input: ServiceVersionInput) -> dict[str, JsonValue]:
    """The input in the shape of a service manifest's `spec`."""
    probe = input.readiness
    spec: dict[str, JsonValue] = {
        "image": input.image,
        "version": input.label,
        "replicas": input.replicas,
        "ports": [
            _known({"name": port.name, "port": port.port, "targetPort": port.target_port}) for port in input.ports
        ],
        "env": [{"name": variable.name, "value": variable.value} for variable in input.env],
        "command": list(input.command),
        "args": list(input.args),
        "resources": {"requests": _bounds(input.requests), "limits": _bounds(input.limits)},
        "readiness": None if probe is None else {probe.kind.value: _known({"port": probe.port, "path": probe.path})},
        "deadlineSeconds": input.deadline_seconds,
    }
    return _known(spec)
