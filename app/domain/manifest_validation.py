"""Whether a document is a manifest; if not, every problem with the path of its field and a sentence for the writer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from app.domain import names
from app.domain.manifests import (
    API_VERSION,
    MODELS,
    DependencySpec,
    EnvironmentManifest,
    Manifest,
    ReadinessSpec,
    ResourcesSpec,
    ServiceManifest,
    ServiceSpec,
    TemplateManifest,
)
from app.domain.quantities import parse_quantity
from app.domain.templates.content import WORKLOAD_FIELDS, TemplateContent
from app.domain.templates.content import check as check_template
from app.domain.templates.schemas import Fault

FieldPath: TypeAlias = tuple[str | int, ...]

MAX_PROBLEMS: Final = 100
"""More problems of one document than this are not told."""

_SHAPES: Final = {
    "list_type": "must be a list",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "int_type": "must be a whole number",
    "string_type": "must be text",
}
_PRIVATE: Final = frozenset({"value", "command", "args", "configuration"})


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """One thing that is wrong with a document.

    `path` leads to the field (or to where a missing one belongs), `message` completes "<field> …", and `quotes` says
    that the value would have been right as text: in YAML, quotes are missing.
    """

    path: FieldPath
    message: str
    quotes: bool = False

    @property
    def field(self) -> str:
        """The path as people write it: `spec.ports[0].port`; empty for the document itself."""
        return field_name(self.path)


def field_name(path: FieldPath) -> str:
    """A path as people write it: `spec.ports[0].port`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def is_private(path: FieldPath) -> bool:
    """Whether what is written there can be a password, so that no message repeats it."""
    return not _PRIVATE.isdisjoint(path)


def validate(content: JsonValue) -> Manifest | tuple[ManifestProblem, ...]:
    """The manifest a JSON-compatible document holds, or everything that is wrong with it (at most MAX_PROBLEMS)."""
    if not isinstance(content, dict):
        kind = _kind_of(content)
        return (ManifestProblem((), f"must be a mapping with apiVersion, kind, metadata and spec, not {kind}"),)
    model = _model(content)
    if isinstance(model, ManifestProblem):
        return (model,)
    try:
        manifest = model.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_PROBLEMS]
        found = [_problem(detail, model) for detail in details]
        return tuple((found + list(_imageless(content)))[:MAX_PROBLEMS])
    problems = tuple(_relations(manifest))[:MAX_PROBLEMS]
    return problems or manifest


def _imageless(content: Mapping[str, JsonValue]) -> Iterator[ManifestProblem]:
    """That a service says neither an image nor a template, where other problems keep it from becoming a manifest."""
    spec = content.get("spec")
    if content.get("kind") == "Service" and isinstance(spec, dict) and "image" not in spec and "template" not in spec:
        yield ManifestProblem(("spec", "image"), "is required")


def _model(content: Mapping[str, JsonValue]) -> type[Manifest] | ManifestProblem:
    kind = content.get("kind")
    if content.get("apiVersion") != API_VERSION:
        found = f", not {content['apiVersion']!r}" if "apiVersion" in content else ""
        return ManifestProblem(("apiVersion",), f"must be {API_VERSION}{found}")
    kinds = _alternatives(list(MODELS))
    if kind is None:
        return ManifestProblem(("kind",), f"is required: {kinds}")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        shown = f"{kind[:80]!r}" if isinstance(kind, str) else _kind_of(kind)
        return ManifestProblem(("kind",), f"must be {kinds}, not {shown}")
    return model


def _problem(detail: ErrorDetails, model: type[BaseModel]) -> ManifestProblem:
    path, kind, value = detail["loc"], detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if kind in _SHAPES:
        quotes = kind == "string_type" and isinstance(value, bool | int | float)
        return ManifestProblem(path, f"{_SHAPES[kind]}, {_instead(path, value)}", quotes)
    match kind:
        case "missing":
            message = "is required"
        case "extra_forbidden":
            message = _unknown(path, model)
        case "value_error":
            message = str(context["error"])
        case "literal_error":
            allowed = _alternatives(
                [part.strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(", ")]
            )
            message = f"must be {allowed}, {_instead(path, value)}"
        case "greater_than_equal":
            message = f"must be at least {context['ge']}, {_instead(path, value)}"
        case "less_than_equal":
            message = f"must be at most {context['le']}, {_instead(path, value)}"
        case "string_too_long":
            message = f"must have at most {context['max_length']} characters, not {len(value)}"
        case "too_long":
            message = f"must have at most {context['max_length']} entries, not {context['actual_length']}"
        case "string_pattern_mismatch":
            message = f"must begin with a slash, {_instead(path, value)}"
        case _:
            message = detail["msg"][:1].lower() + detail["msg"][1:]
    return ManifestProblem(path, message)


def _instead(path: FieldPath, value: object) -> str:
    if isinstance(value, str):
        return "not text" if is_private(path) else f"not {value[:80]!r}"
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_private(path):
        return f"not the number {value}"
    return f"not {_kind_of(value)}"


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _alternatives(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _unknown(path: FieldPath, model: type[BaseModel]) -> str:
    known = _fields_at(model, path[:-1])
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    if close:
        return f"is not a field here; did you mean {close[0]}?"
    return f"is not a field here; there is {_alternatives(known)}"


def _fields_at(model: type[BaseModel], path: FieldPath) -> list[str]:
    """The fields that the mapping at a path may have."""
    for part in path:
        if isinstance(part, str):
            info = next(info for info in model.model_fields.values() if info.alias == part)
            model = next(_models_in(info))
    return [str(info.alias) for info in model.model_fields.values()]


def _models_in(info: FieldInfo) -> Iterator[type[BaseModel]]:
    pending: list[object] = [info.annotation]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        pending.extend(get_args(annotation))


def _relations(manifest: Manifest) -> Iterator[ManifestProblem]:
    """The rules between fields, which hold beyond each field's own."""
    if isinstance(manifest, EnvironmentManifest):
        yield from _environment_relations(manifest)
    elif isinstance(manifest, TemplateManifest):
        yield from _template_relations(manifest)
    elif isinstance(manifest, ServiceManifest):
        yield from _service_relations(manifest)


def _environment_relations(manifest: EnvironmentManifest) -> Iterator[ManifestProblem]:
    metadata, spec = manifest.metadata, manifest.spec
    if spec.promotes_to == metadata.name:
        yield ManifestProblem(("spec", "promotesTo"), "must name another environment than this one")
    namespace = names.default_namespace(metadata.project, metadata.name)
    if spec.namespace is None and not names.is_slug(namespace):
        yield ManifestProblem(
            ("spec", "namespace"), f"is required here: the default, {namespace}, is longer than 63 characters"
        )


def _template_relations(manifest: TemplateManifest) -> Iterator[ManifestProblem]:
    first: dict[str, int] = {}
    for position, version in enumerate(manifest.spec.versions):
        path: FieldPath = ("spec", "versions", position)
        if version.version in first:
            earlier = field_name((*path[:2], first[version.version]))
            yield ManifestProblem((*path, "version"), f"must be unique: {earlier} has {version.version} already")
        first.setdefault(version.version, position)
        content = TemplateContent(version.inputs, version.outputs, version.workload)
        for fault in check_template(content, workload_faults):
            yield ManifestProblem((*path, *fault.path), fault.message)
    yield from _repeated("tags", None, manifest.spec.tags)


def workload_faults(workload: Mapping[str, JsonValue]) -> Iterator[Fault]:
    """What is wrong with a workload as a service's manifest would say it."""
    checked = validate(service_document(workload))
    if isinstance(checked, tuple):
        yield from (Fault(one.path[1:], one.message) for one in checked)


def service_document(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A manifest of some service with that specification."""
    metadata: dict[str, JsonValue] = {"project": "p", "application": "a", "name": "s"}
    return {"apiVersion": API_VERSION, "kind": "Service", "metadata": metadata, "spec": dict(spec)}


def unquoted(problem: ManifestProblem) -> Fault:
    """A problem of a specification without the value that is there, or elsewhere in it: these may be secrets."""
    text = problem.message
    for separator in (", not ", ": ", "; ", " of "):
        text = text.partition(separator)[0]
    return Fault(problem.path[1:], "is not what is taken there" if "'" in text or '"' in text else text)


def _service_relations(manifest: ServiceManifest) -> Iterator[ManifestProblem]:
    metadata, spec = manifest.metadata, manifest.spec
    yield from _own_or_template(spec)
    yield from _repeated("ports", "name", [port.name for port in spec.ports])
    yield from _repeated("ports", "port", [str(port.port) for port in spec.ports])
    yield from _repeated("env", "name", [variable.name for variable in spec.env])
    yield from _over_limit(spec.resources)
    if spec.readiness is not None:
        yield from _one_probe(spec.readiness)
    application = names.application_id(metadata.project, metadata.application)
    yield from _dependencies(application, metadata.name, spec.dependencies)


def _own_or_template(spec: ServiceSpec) -> Iterator[ManifestProblem]:
    """A workload is said, or a template and what it makes the workload of; not both, and not neither."""
    if spec.template is None:
        if spec.image is None:
            yield ManifestProblem(("spec", "image"), "is required")
        if spec.configuration:
            yield ManifestProblem(("spec", "configuration"), "is for a template, and none is named here")
        return
    said = {str(ServiceSpec.model_fields[name].alias) for name in spec.model_fields_set}
    for field in WORKLOAD_FIELDS:
        if field in said:
            yield ManifestProblem(("spec", field), "comes from the template: say it in the configuration")


def _repeated(field: str, key: str | None, values: list[str]) -> Iterator[ManifestProblem]:
    first: dict[str, int] = {}
    for position, value in enumerate(values):
        if value in first:
            earlier = field_name(("spec", field, first[value]))
            path: FieldPath = ("spec", field, position) if key is None else ("spec", field, position, key)
            yield ManifestProblem(path, f"must be unique: {earlier} has {value} already")
        first.setdefault(value, position)


def _over_limit(resources: ResourcesSpec) -> Iterator[ManifestProblem]:
    requests, limits = resources.requests, resources.limits
    for name, request, limit in (("cpu", requests.cpu, limits.cpu), ("memory", requests.memory, limits.memory)):
        if request is not None and limit is not None and parse_quantity(request) > parse_quantity(limit):
            yield ManifestProblem(
                ("spec", "resources", "requests", name), f"must not exceed the limit of {limit}, not {request!r}"
            )


def _one_probe(readiness: ReadinessSpec) -> Iterator[ManifestProblem]:
    if len([probe for probe in (readiness.tcp, readiness.http, readiness.grpc) if probe is not None]) != 1:
        yield ManifestProblem(("spec", "readiness"), "must have exactly one of tcp, http and grpc")


def _dependencies(application: str, name: str, dependencies: list[DependencySpec]) -> Iterator[ManifestProblem]:
    own, first = names.service_id(application, name), dict[str, int]()
    for position, dependency in enumerate(dependencies):
        path: FieldPath = ("spec", "dependencies", position, "service")
        target = names.dependency_id(application, dependency.service)
        if target == own:
            yield ManifestProblem(path, f"must name another service: {name} cannot depend on itself")
        elif target in first:
            earlier = field_name((*path[:2], first[target]))
            yield ManifestProblem(path, f"must be unique: {earlier} names {target} already")
        first.setdefault(target, position)
