"""Docker Compose files: services become services, and what they wait for becomes what they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

from app.domain.importing import compose_values as values
from app.domain.importing.compose_values import NotCarried
from app.domain.importing.pieces import Imported, LeftOut, Sketch, finish, mapping, service_name, text_of
from app.domain.manifest_validation import FieldPath
from app.domain.names import ApplicationName

_TOP: Final[Mapping[str, str]] = {
    "networks": "services reach each other by name here",
    "volumes": "a service has no volumes here",
    "secrets": "a service has no secrets here yet",
    "configs": "a service has no files here",
    "include": "give the other file by itself",
}
_FIELDS: Final[Mapping[str, str]] = {
    "build": "images are not built here: name one that was",
    "container_name": "a service is named by its id here",
    "env_file": "write what the file says as environment",
    "extends": "write out what it takes over",
    "networks": "services reach each other by name here",
    "restart": "a service that ends is always started again here",
    "secrets": "a service has no secrets here yet",
    "volumes": "a service has no volumes here",
}
_OTHER: Final = "a service has nothing like it here"
_CONDITIONS: Final = frozenset({"service_started", "service_healthy"})
Reader = Callable[[Sketch, JsonValue, FieldPath, Mapping[str, str]], None]


def import_compose(content: JsonValue, application: ApplicationName) -> Imported:
    """The services of a Compose file, in an application, and what of the file they do not say.

    Raises nothing: what is no Compose file gives no service, and says why.
    """
    services = content.get("services") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(services, dict) or not services:
        return Imported((), (LeftOut(("services",), "it is no Compose file: it has no services"),))
    left_out: list[LeftOut] = []
    known: dict[str, str] = {}
    for key in services:
        name = service_name(key)
        if name is None:
            left_out.append(LeftOut(("services", key), "it is no service here: this is no name for one"))
        elif name in known.values():
            left_out.append(LeftOut(("services", key), f"it is no service here: another one is called {name} already"))
        else:
            known[key] = name
            if name != key:
                left_out.append(LeftOut(("services", key), f"it is called {name} here"))
    sketches = [_sketch(key, name, services[key], known, left_out) for key, name in known.items()]
    for key in content:
        if key in _TOP:
            left_out += [LeftOut((key, each), _TOP[key]) for each in mapping(content[key])] or [
                LeftOut((key,), _TOP[key])
            ]
        elif key not in ("services", "version", "name") and not key.startswith("x-"):
            left_out.append(LeftOut((key,), "there is nothing like it here"))
    return finish(sketches, application, left_out, closed=True)


def _sketch(key: str, name: str, content: JsonValue, known: Mapping[str, str], left_out: list[LeftOut]) -> Sketch:
    path: FieldPath = ("services", key)
    sketch = Sketch(name, path, left_out)
    for part, value in mapping(content).items():
        origin: FieldPath = (*path, part)
        read = _READERS.get(part)
        if read is not None:
            try:
                read(sketch, value, origin, known)
            except NotCarried as reason:
                sketch.leave(origin, str(reason))
        elif not part.startswith("x-"):
            sketch.leave(origin, _FIELDS.get(part, _OTHER))
    return sketch


def _image(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    if not isinstance(value, str):
        sketch.put(("image",), value, origin)
        return
    image = values.filled(value)
    sketch.put(("image",), image.text, origin)
    _defaults(sketch, image, origin)


def _defaults(sketch: Sketch, found: values.Filled, origin: FieldPath) -> None:
    for name in dict.fromkeys(found.defaults):
        sketch.leave(origin, f"the variable {name} has its default here, whatever it is where Compose is run")


def _words(target: str) -> Reader:
    def read(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
        if value is not None:
            sketch.put((target,), values.words(value), origin)

    return read


def _environment(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    for key, name, said in values.entries(value):
        place: FieldPath = (*origin, key)
        if said is None:
            sketch.leave(place, "it takes its value from where Compose is run")
            continue
        text = text_of(said)
        if text is None:
            sketch.leave(place, "its value is not text: quote it")
            continue
        try:
            found = values.filled(text)
        except NotCarried as reason:
            sketch.leave(place, str(reason))
            continue
        sketch.add("env", {"name": name, "value": found.text}, place)
        _defaults(sketch, found, place)


def _ports(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    for index, each in enumerate(value if isinstance(value, list) else []):
        place: FieldPath = (*origin, index)
        try:
            found = values.port(each)
        except NotCarried as reason:
            sketch.leave(place, str(reason))
            continue
        name = found.name if found.name is not None else f"port-{found.number}"
        sketch.add("ports", {"name": name, "port": found.number}, place)
        if found.published is not None:
            sketch.leave(place, f"it is not published on the host as {found.published[:80]}")


def _depends_on(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    if isinstance(value, list):
        for index, each in enumerate(value):
            # A link may give its target another name: `db:database`.
            target = each.partition(":")[0] if isinstance(each, str) else ""
            _need(sketch, target, (*origin, index), known, soft=False)
            if isinstance(each, str) and ":" in each:
                sketch.leave((*origin, index), "a service has one name here, for all who need it")
        return
    for key, said in mapping(value).items():
        place: FieldPath = (*origin, key)
        wish = mapping(said)
        if wish.get("condition", "service_started") not in _CONDITIONS:
            sketch.leave(place, "a service runs for good here: nothing can wait for its end")
            continue
        _need(sketch, key, place, known, soft=wish.get("required") is False)
        if wish.get("restart") is True:
            sketch.leave((*place, "restart"), "a service is not started again because another one was")


def _need(sketch: Sketch, target: str, place: FieldPath, known: Mapping[str, str], *, soft: bool) -> None:
    if target not in known:
        sketch.leave(place, "it names no service that is carried over")
        return
    kind: dict[str, JsonValue] = {"kind": "soft"} if soft else {}
    sketch.add("dependencies", {"service": known[target], **kind}, place)


def _deploy(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    for key, said in mapping(value).items():
        if key == "replicas":
            sketch.put(("replicas",), said, (*origin, key))
        elif key == "resources":
            for group, amounts in mapping(said).items():
                for amount, each in mapping(amounts).items():
                    _amount(sketch, group, amount, each, (*origin, key, group, amount))
        else:
            sketch.leave((*origin, key), _OTHER)


def _amount(sketch: Sketch, group: str, amount: str, value: JsonValue, origin: FieldPath) -> None:
    target = {"limits": "limits", "reservations": "requests"}.get(group)
    try:
        if target is not None and amount == "cpus":
            sketch.put(("resources", target, "cpu"), values.cpus(value), origin)
        elif target is not None and amount == "memory":
            sketch.put(("resources", target, "memory"), values.memory(value), origin)
        else:
            sketch.leave(origin, _OTHER)
    except NotCarried as reason:
        sketch.leave(origin, str(reason))


def _alone(group: str, amount: str) -> Reader:
    def read(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
        _amount(sketch, group, amount, value, origin)

    return read


def _healthcheck(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    said = mapping(value)
    if said.get("disable") is True or said.get("test") in ("NONE", ["NONE"]):
        return
    if "test" in said:
        try:
            sketch.put(("readiness",), values.http_probe(said["test"]), (*origin, "test"))
        except NotCarried as reason:
            sketch.leave((*origin, "test"), str(reason))
    for key in said:
        if key not in ("test", "disable"):
            sketch.leave((*origin, key), "how often and how long is asked is not said here")


def _scale(sketch: Sketch, value: JsonValue, origin: FieldPath, known: Mapping[str, str]) -> None:
    sketch.put(("replicas",), value, origin)


_READERS: Final[Mapping[str, Reader]] = {
    "image": _image,
    # Compose's command replaces the image's arguments, its entrypoint the image's command.
    "command": _words("args"),
    "entrypoint": _words("command"),
    "environment": _environment,
    "ports": _ports,
    "expose": _ports,
    "depends_on": _depends_on,
    "links": _depends_on,
    "deploy": _deploy,
    "scale": _scale,
    "cpus": _alone("limits", "cpus"),
    "mem_limit": _alone("limits", "memory"),
    "mem_reservation": _alone("reservations", "memory"),
    "healthcheck": _healthcheck,
}
