"""The values of Compose files: interpolated text, amounts, ports, shell words, health checks."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from pydantic import JsonValue

from app.domain.importing.pieces import mapping, text_of

_VARIABLE = re.compile(r"\$(?:\$|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<rest>[^}]*)\})")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmg]b?)?", re.IGNORECASE)
_UNITS: Final = {"b": "", "k": "Ki", "m": "Mi", "g": "Gi"}
_PORT = re.compile(r"(?:(?P<published>.+):)?(?P<target>\d{1,5})(?:/(?P<protocol>\w+))?")
_URL = re.compile(r"https?://[^\s'\"|&;]+")
_HERE: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0"})


class NotCarried(ValueError):
    """A value that nothing here can hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text whose variables are filled in; `defaults` names those that got the default written beside them."""

    text: str
    defaults: tuple[str, ...]


def filled(text: str) -> Filled:
    """A text with its variables as the file itself says them. Raises NotCarried where one has no default."""
    defaults: list[str] = []

    def fill(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, rest = match["plain"] or match["name"], match["rest"] or ""
        if not rest.startswith((":-", "-")):
            raise NotCarried(f"it needs the variable {name}, which Compose takes from where it is run")
        default = rest.removeprefix(":").removeprefix("-")
        if "$" in default:
            raise NotCarried(f"the default of the variable {name} needs another one")
        defaults.append(name)
        return default

    return Filled(_VARIABLE.sub(fill, text), tuple(defaults))


def memory(value: JsonValue) -> str:
    """An amount of memory as a quantity: Compose's `50M` is 50 times 1024 times 1024 bytes. Raises NotCarried."""
    text = text_of(value)
    match = None if text is None else _SIZE.fullmatch(text.strip())
    if match is None:
        raise NotCarried("it is no amount of memory")
    number, unit = Decimal(match[1]), _UNITS[(match[2] or "b")[0].lower()]
    if number != int(number):
        number, unit = number * 1024, {"Gi": "Mi", "Mi": "Ki", "Ki": ""}.get(unit, "?")
    if unit == "?" or number != int(number):
        raise NotCarried("it is not a whole number of bytes")
    return f"{int(number)}{unit}"


def cpus(value: JsonValue) -> str:
    """A number of processors as a quantity. Raises NotCarried."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotCarried("it is no number of processors")
    return str(value)


@dataclass(frozen=True, slots=True)
class ComposePort:
    """A port of a container; `published` is where the host shows it, None where it does not."""

    number: int
    published: str | None
    name: str | None = None


def port(value: JsonValue) -> ComposePort:
    """A port as `ports` and `expose` say it, short or long. Raises NotCarried."""
    if isinstance(value, dict):
        target, protocol = value.get("target"), value.get("protocol", "tcp")
        name = value.get("name")
        if not isinstance(target, int) or isinstance(target, bool):
            raise NotCarried("it has no target that is a number")
        published = text_of(value.get("published"))
        found = ComposePort(target, published, name if isinstance(name, str) else None)
    else:
        text = text_of(value)
        if text is None:
            raise NotCarried("it is no port")
        match = _PORT.fullmatch(filled(text).text)
        if match is None or "-" in (match["published"] or "").rpartition(":")[2]:
            raise NotCarried("it is not one port: write each port of a range by itself")
        found, protocol = ComposePort(int(match["target"]), match["published"]), match["protocol"] or "tcp"
    if protocol != "tcp":
        raise NotCarried("ports are TCP here")
    return found


def words(value: JsonValue) -> list[JsonValue]:
    """A command as its words, split as a shell would where it is one text. Raises NotCarried."""
    if isinstance(value, list):
        return [filled(text).text if isinstance(text, str) else text for text in value]
    if not isinstance(value, str):
        raise NotCarried("it is no command")
    try:
        return list(shlex.split(filled(value).text))
    except ValueError as error:
        raise NotCarried("it cannot be split into words: a quote is not closed") from error


def http_probe(test: JsonValue) -> dict[str, JsonValue]:
    """The HTTP probe that a health check is which asks a page of its own container with curl or wget.

    Raises NotCarried for every other check.
    """
    parts = [part for part in test if isinstance(part, str)] if isinstance(test, list) else [test]
    said = [str(part) for part in parts if part not in ("CMD", "CMD-SHELL")]
    line = " ".join(said).strip()
    asked = _URL.search(line)
    try:
        address = urlsplit(asked[0]) if asked is not None else None
        if address is None or line.split(" ")[0] not in ("curl", "wget") or address.scheme != "http":
            raise NotCarried("a service is asked over HTTP, TCP or gRPC, not by a command")
        if address.hostname not in _HERE or "$" in address.geturl():
            raise NotCarried("it asks another container")
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        return {"http": {"port": address.port or 80, "path": path}}
    except ValueError as error:
        if isinstance(error, NotCarried):
            raise
        raise NotCarried("it asks for no valid address") from error


def entries(value: JsonValue) -> list[tuple[str | int, str, JsonValue]]:
    """Variables said as a mapping or as a list of NAME=value: where each stands, its name, and its value."""
    if isinstance(value, list):
        found: list[tuple[str | int, str, JsonValue]] = []
        for place, text in enumerate(value):
            name, equals, rest = text.partition("=") if isinstance(text, str) else ("", "", "")
            found.append((place, name, rest if equals else None))
        return found
    return [(name, name, each) for name, each in mapping(value).items()]
