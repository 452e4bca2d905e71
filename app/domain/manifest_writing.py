"""What is declared, written down again: the one canonical document of each declaration.

A field whose value is its default is left out, and lists that have no order of their own are sorted. The exception is
an environment's provider: its default is the server's, and another server may have another.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from app.domain import names
from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    EnvironmentDeclaration,
    InstanceDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
    TemplateDeclaration,
    TemplateVersionDeclaration,
    default_label,
)
from app.domain.drift import DriftRules
from app.domain.manifests import API_VERSION
from app.domain.versions import VersionSpec
from app.domain.workloads import Port, Probe, ProbeKind

DEFAULTS = VersionSpec(label="", image="")


def document(declaration: Declaration) -> dict[str, JsonValue]:
    """The canonical manifest of a declaration: `declare(validate(document(d)))` is `d` again."""
    match declaration:
        case ProjectDeclaration():
            return _document("Project", {"name": declaration.name}, _about(declaration.description))
        case EnvironmentDeclaration():
            return _document(
                "Environment", {"name": declaration.name, "project": declaration.project_id}, _place(declaration)
            )
        case ApplicationDeclaration():
            metadata = {"name": declaration.name, "project": declaration.project_id}
            return _document("Application", metadata, _about(declaration.description))
        case TemplateDeclaration():
            return _document("Template", {"name": declaration.name}, _template(declaration))
        case ServiceDeclaration():
            metadata = {
                "name": declaration.name,
                "project": declaration.project_id,
                "application": names.parse_application_id(declaration.application_id).name,
            }
            return _document("Service", metadata, _service(declaration))


def _document(kind: str, metadata: Mapping[str, str], spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    content: dict[str, JsonValue] = {"apiVersion": API_VERSION, "kind": kind, "metadata": dict(metadata)}
    if spec:
        content["spec"] = dict(spec)
    return content


def _about(description: str) -> dict[str, JsonValue]:
    return {"description": description} if description else {}


def _place(environment: EnvironmentDeclaration) -> dict[str, JsonValue]:
    spec: dict[str, JsonValue] = {**_about(environment.description), "stage": environment.stage}
    if environment.provider is not None:
        spec["provider"] = environment.provider
    if environment.namespace != names.default_namespace(environment.project_id, environment.name):
        spec["namespace"] = environment.namespace
    if environment.promotes_to is not None:
        spec["promotesTo"] = names.parse_environment_id(environment.promotes_to).name
    drift = _drift(environment.drift)
    if drift:
        spec["drift"] = drift
    return spec


def _drift(rules: DriftRules) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = {}
    if rules.every_seconds is not None:
        said["everySeconds"] = rules.every_seconds
    if rules.heal:
        said["heal"] = True
    if rules.ignore:
        said["ignore"] = list(rules.ignore)
    return said


def _service(service: ServiceDeclaration) -> dict[str, JsonValue]:
    spec = _about(service.description)
    if service.exposure != "internal":
        spec["exposure"] = service.exposure
    if service.data_class != "internal":
        spec["dataClass"] = service.data_class
    if service.deprecated is not None:
        spec["deprecated"] = service.deprecated
    if service.instance is not None:
        spec |= _instance(service.instance)
    if service.version is not None:
        spec |= version_content(service.version)
    if service.dependencies:
        spec["dependencies"] = [
            _dependency(service.application_id, one.service_id, one.kind) for one in service.dependencies
        ]
    return spec


def _instance(instance: InstanceDeclaration) -> dict[str, JsonValue]:
    template = names.parse_template_version_id(instance.template_version_id)
    spec: dict[str, JsonValue] = {"template": {"name": template.template, "version": template.label}}
    if instance.configuration:
        spec["configuration"] = dict(instance.configuration)
    if instance.label is not None:
        spec["version"] = instance.label
    return spec


def _template(template: TemplateDeclaration) -> dict[str, JsonValue]:
    spec: dict[str, JsonValue] = {"title": template.title} if template.title else {}
    spec |= _about(template.description)
    if template.icon is not None:
        spec["icon"] = template.icon
    if template.category is not None:
        spec["category"] = template.category
    if template.tags:
        spec["tags"] = list(template.tags)
    if template.versions:
        spec["versions"] = [_template_version(one) for one in template.versions]
    return spec


def _template_version(version: TemplateVersionDeclaration) -> dict[str, JsonValue]:
    content = version.content
    said: dict[str, JsonValue] = {"version": version.label}
    if version.deprecated is not None:
        said["deprecated"] = version.deprecated
    said["inputs"] = dict(content.inputs)
    if content.outputs:
        said["outputs"] = dict(content.outputs)
    said["workload"] = dict(content.workload)
    return said


def version_content(version: VersionSpec) -> dict[str, JsonValue]:
    """What a service's manifest says of its version, in its `spec`."""
    spec: dict[str, JsonValue] = {}
    if version.label != default_label(version.image):
        spec["version"] = version.label
    spec["image"] = version.image
    if version.replicas != DEFAULTS.replicas:
        spec["replicas"] = version.replicas
    if version.ports:
        spec["ports"] = [_port(port) for port in version.ports]
    if version.environment:
        spec["env"] = [{"name": name, "value": value} for name, value in version.environment]
    if version.command:
        spec["command"] = list(version.command)
    if version.args:
        spec["args"] = list(version.args)
    resources = _resources(version)
    if resources:
        spec["resources"] = resources
    if version.probe is not None:
        spec["readiness"] = _probe(version.probe)
    if version.deadline_seconds != DEFAULTS.deadline_seconds:
        spec["deadlineSeconds"] = version.deadline_seconds
    return spec


def _port(port: Port) -> dict[str, JsonValue]:
    target: dict[str, JsonValue] = {} if port.target == port.number else {"targetPort": port.target}
    return {"name": port.name, "port": port.number, **target}


def _resources(version: VersionSpec) -> dict[str, JsonValue]:
    needs = version.resources
    bounds = {
        "requests": {"cpu": needs.cpu_request, "memory": needs.memory_request},
        "limits": {"cpu": needs.cpu_limit, "memory": needs.memory_limit},
    }
    said = {name: {key: value for key, value in each.items() if value is not None} for name, each in bounds.items()}
    return {name: dict(each) for name, each in said.items() if each}


def _probe(probe: Probe) -> dict[str, JsonValue]:
    asked: dict[str, JsonValue] = {"port": probe.port}
    if probe.kind is ProbeKind.HTTP and probe.path not in (None, "/"):
        asked["path"] = probe.path
    return {probe.kind.value: asked}


def _dependency(application: str, service_id: str, kind: str) -> dict[str, JsonValue]:
    target = names.parse_service_id(service_id)
    reference = target.name if target.application_id == application else f"{target.application}/{target.name}"
    return {"service": reference} if kind == "hard" else {"service": reference, "kind": kind}
