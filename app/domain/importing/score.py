"""Score files (score.dev/v1b1): a workload becomes a service; resources become needs where they are services."""

from __future__ import annotations

import re
from typing import Final

from pydantic import JsonValue

from app.domain.importing.pieces import Imported, LeftOut, Sketch, finish, mapping, service_name, text_of
from app.domain.manifest_validation import FieldPath
from app.domain.names import ApplicationName

VERSION: Final = "score.dev/v1b1"
SERVICES: Final = frozenset({"service", "service-port"})
"""The types of resources that are other workloads."""

_PLACEHOLDER = re.compile(r"\$\$|\$\{([^}]*)\}")
_HANDLED: Final = frozenset({"apiVersion", "metadata", "containers", "service", "resources"})
_ONE_CONTAINER: Final = "a service has one container here, and this is not the first"


def import_score(content: JsonValue, application: ApplicationName) -> Imported:
    """The service that a Score workload is, in an application, and what of the workload it does not say.

    Raises nothing: what is no Score file gives no service, and says why.
    """
    left_out: list[LeftOut] = []
    if not isinstance(content, dict) or content.get("apiVersion") != VERSION:
        return Imported((), (LeftOut(("apiVersion",), f"it is no Score file: apiVersion is not {VERSION}"),))
    metadata = mapping(content.get("metadata"))
    written = metadata.get("name")
    name = service_name(written) if isinstance(written, str) else None
    if name is None:
        return Imported((), (LeftOut(("metadata", "name"), "it is no service here: this is no name for one"),))
    sketch = Sketch(name, (), left_out)
    for key in metadata:
        if key != "name":
            sketch.leave(("metadata", key), "a service has nothing like it here")
    _containers(sketch, content.get("containers"), metadata)
    _ports(sketch, content.get("service"))
    _resources(sketch, content.get("resources"))
    for key in content:
        if key not in _HANDLED:
            sketch.leave((key,), "a service has nothing like it here")
    return finish([sketch], application, left_out, closed=False)


def _containers(sketch: Sketch, containers: JsonValue, metadata: dict[str, JsonValue]) -> None:
    for place, (key, container) in enumerate(mapping(containers).items()):
        path: FieldPath = ("containers", key)
        if place:
            sketch.leave(path, _ONE_CONTAINER)
            continue
        for part, value in mapping(container).items():
            origin: FieldPath = (*path, part)
            match part:
                case "image" if value == ".":
                    sketch.leave(origin, "it stands for an image that is still to be built: name the image")
                case "image" | "command" | "args":
                    sketch.put((part,), value, origin)
                case "variables":
                    _variables(sketch, value, origin, metadata)
                case "resources":
                    _bounds(sketch, value, origin)
                case "readinessProbe":
                    _probe(sketch, value, origin)
                case "livenessProbe":
                    sketch.leave(origin, "a service is asked whether it is ready, not whether it lives")
                case "files" | "volumes":
                    sketch.leave(origin, f"a service has no {part} here")
                case _:
                    sketch.leave(origin, "a container has nothing like it here")


def _variables(sketch: Sketch, variables: JsonValue, path: FieldPath, metadata: dict[str, JsonValue]) -> None:
    for key, value in mapping(variables).items():
        origin: FieldPath = (*path, key)
        text = text_of(value)
        if text is None:
            sketch.leave(origin, "its value is not text")
            continue
        unknown: list[str] = []

        def fill(match: re.Match[str], unknown: list[str] = unknown) -> str:
            if match[0] == "$$":
                return "$"
            known = metadata.get(match[1].removeprefix("metadata.")) if match[1].startswith("metadata.") else None
            if not isinstance(known, str):
                unknown.append(match[1])
                return ""
            return known

        filled = _PLACEHOLDER.sub(fill, text)
        if unknown:
            sketch.leave(origin, f"it needs ${{{unknown[0][:80]}}}, which nothing gives here")
        else:
            sketch.add("env", {"name": key, "value": filled}, origin)


def _bounds(sketch: Sketch, resources: JsonValue, path: FieldPath) -> None:
    for group, bounds in mapping(resources).items():
        for amount, value in mapping(bounds).items():
            origin: FieldPath = (*path, group, amount)
            if group in ("requests", "limits") and amount in ("cpu", "memory"):
                text = text_of(value)
                sketch.put(("resources", group, amount), value if text is None else text, origin)
            else:
                sketch.leave(origin, "a service has nothing like it here")


def _probe(sketch: Sketch, probe: JsonValue, path: FieldPath) -> None:
    for key, value in mapping(probe).items():
        origin: FieldPath = (*path, key)
        asked = mapping(value)
        if key != "httpGet":
            sketch.leave(origin, "a service is asked over HTTP, TCP or gRPC, not by a command")
            continue
        said: dict[str, JsonValue] = {name: asked[name] for name in asked if name in ("port", "path")}
        sketch.put(("readiness",), {"http": said}, origin)
        for name in asked:
            if name not in said and asked[name] != {"scheme": "HTTP"}.get(name):
                sketch.leave((*origin, name), "a probe has nothing like it here")


def _ports(sketch: Sketch, service: JsonValue) -> None:
    for key, value in mapping(service).items():
        if key != "ports":
            sketch.leave(("service", key), "a service has nothing like it here")
            continue
        for name, port in mapping(value).items():
            origin: FieldPath = ("service", "ports", name)
            said = mapping(port)
            if said.get("protocol", "TCP") != "TCP":
                sketch.leave(origin, "ports are TCP here")
                continue
            entry: dict[str, JsonValue] = {"name": name, "port": said.get("port")}
            if "targetPort" in said:
                entry["targetPort"] = said["targetPort"]
            sketch.add("ports", entry, origin)


def _resources(sketch: Sketch, resources: JsonValue) -> None:
    for key, resource in mapping(resources).items():
        origin: FieldPath = ("resources", key)
        said = mapping(resource)
        kind = said.get("type")
        if kind not in SERVICES:
            shown = kind[:80] if isinstance(kind, str) else "no type"
            sketch.leave(origin, f"there are no resources here yet ({shown}), only services")
            continue
        workload = mapping(said.get("params")).get("workload", key)
        needed = service_name(workload) if isinstance(workload, str) else None
        if needed is None:
            sketch.leave(origin, "it names no service")
        else:
            sketch.add("dependencies", {"service": needed}, origin)
