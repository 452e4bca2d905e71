"""A template as an organisation would offer it, and what its services say."""

from __future__ import annotations

from pydantic import JsonValue

INPUTS: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "examples": ["example/web:v1"]},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 2},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 8080},
        "greeting": {"type": "string", "pattern": "^[A-Za-z ]*$", "default": ""},
        "memory": {"type": "string", "enum": ["64Mi", "128Mi"], "default": "64Mi"},
    },
    "required": ["image"],
    "additionalProperties": False,
}
WORKLOAD: dict[str, JsonValue] = {
    "image": "${inputs.image}",
    "replicas": "${inputs.replicas}",
    "ports": [{"name": "http", "port": 80, "targetPort": "${inputs.port}"}],
    "env": [{"name": "PORT", "value": "${inputs.port}"}, {"name": "GREETING", "value": "<${inputs.greeting}>"}],
    "resources": {"limits": {"memory": "${inputs.memory}"}},
}


def version(
    label: str = "1.0", *, inputs: JsonValue = None, workload: JsonValue = None, deprecated: bool | None = None
) -> dict[str, JsonValue]:
    """A version of the template, as its manifest says it."""
    said: dict[str, JsonValue] = (
        {"version": label} if deprecated is None else {"version": label, "deprecated": deprecated}
    )
    said["inputs"] = INPUTS if inputs is None else inputs
    said["workload"] = WORKLOAD if workload is None else workload
    return said


def template(*versions: dict[str, JsonValue], name: str = "web", **spec: JsonValue) -> dict[str, JsonValue]:
    """The manifest of a template."""
    return {
        "apiVersion": "trellis/v1",
        "kind": "Template",
        "metadata": {"name": name},
        "spec": {**spec, "versions": list(versions) or [version()]},
    }


def instance(
    name: str = "cart", *, label: str = "1.0", of: str = "web", **configuration: JsonValue
) -> dict[str, JsonValue]:
    """The manifest of a service that is an instance of the template."""
    spec: dict[str, JsonValue] = {
        "template": {"name": of, "version": label},
        "configuration": {"image": "example/web:v1", **configuration},
    }
    return {
        "apiVersion": "trellis/v1",
        "kind": "Service",
        "metadata": {"project": "shop", "application": "boutique", "name": name},
        "spec": spec,
    }
