"""Writes what people read about the settings: `python -m app.settings_docs` renews docs/settings.md and .env.example.

Everything comes from the declarations, so that the two say what the programs do; a test compares them.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from app.local.settings import LocalSettings
from app.settings import FILE_VARIABLE, PREFIX, Settings

CHECKOUT = Path(__file__).parents[1]
PAGE = CHECKOUT / "docs" / "settings.md"
EXAMPLE = CHECKOUT / ".env.example"
_BOUNDS = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as people meet it. `default` is None where there is none to fall back on."""

    variable: str
    also: tuple[str, ...]
    kind: str
    default: str | None
    required: bool
    secret: bool
    meaning: str


def _kinds(annotation: object) -> Iterator[str]:
    """What a value of this type may be, in words."""
    origin = get_origin(annotation)
    if origin is Literal:
        yield from (f"`{choice}`" for choice in get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (f"`{each.value}`" for each in annotation)
    elif origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            if part is not type(None):
                yield from _kinds(part)
    elif origin is list:
        yield "JSON list of " + " or ".join(_kinds(get_args(annotation)[0]))
    else:
        names: dict[object, str] = {
            bool: "`true` or `false`",
            int: "whole number",
            float: "number",
            SecretStr: "text, secret",
        }
        name = getattr(annotation, "__name__", "text")
        yield names.get(annotation, "path" if name == "Path" else "IP address" if "IP" in name else "text")


def _bounds(field: FieldInfo) -> str:
    said = []
    for constraint in field.metadata:
        for name, words in _BOUNDS.items():
            limit = getattr(constraint, name, None)
            if limit is not None:
                said.append(words.format(limit))
    return ", ".join(said)


def _setting(name: str, field: FieldInfo) -> Setting:
    alias = field.validation_alias
    choices = [str(each) for each in alias.choices] if isinstance(alias, AliasChoices) else [PREFIX + name.upper()]
    kinds = list(_kinds(field.annotation))
    bounds = _bounds(field)
    default = None if field.default in (None, PydanticUndefined) else field.default
    shown = "[]" if default == [] else None if default is None else str(default)
    if isinstance(default, bool):
        shown = str(default).lower()
    return Setting(
        variable=choices[0],
        also=tuple(choices[1:]),
        kind=" or ".join(kinds) + (f", {bounds}" if bounds else ""),
        default=shown,
        required=field.is_required(),
        secret=any("secret" in kind for kind in kinds),
        meaning=field.description or "",
    )


def settings_of(model: type[BaseSettings]) -> tuple[Setting, ...]:
    """The settings that a model declares, in their order."""
    return tuple(_setting(name, field) for name, field in model.model_fields.items())


def local_only() -> tuple[Setting, ...]:
    """The settings that a start on this machine has beside those of the API and the worker."""
    known = {each.variable for each in settings_of(Settings)}
    return tuple(each for each in settings_of(LocalSettings) if each.variable not in known)


def _table(settings: tuple[Setting, ...]) -> Iterator[str]:
    yield "| variable | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for each in settings:
        default = "**required**" if each.required else f"`{each.default}`" if each.default is not None else ""
        yield f"| `{each.variable}` | {each.kind} | {default} | {each.meaning} |"


def page() -> str:
    """The page for people: every setting of the API, the worker and a local start."""
    aliases = [
        f"`{each.variable}` may also be given as {' or '.join(f'`{name}`' for name in each.also)}."
        for each in settings_of(LocalSettings)
        if each.also
    ]
    lines = [
        "# Settings",
        "",
        "Written by `python -m app.settings_docs` from the declarations in `app/settings.py` and",
        "`app/local/settings.py`.",
        "",
        f"The API and the worker read environment variables, then the YAML file that `{FILE_VARIABLE}` names, then the",
        f"defaults. In the file a setting has the variable's name in small letters without `{PREFIX}`:",
        "",
        "```yaml",
        "api_port: 8090",
        "log_format: pretty",
        "```",
        "",
        f"A wrong value, or a variable that begins with `{PREFIX}` and is no setting, is refused at the start with its",
        "name and the reason. A secret's value is never printed.",
        "",
        "## The API and the worker",
        "",
        *_table(settings_of(Settings)),
        "",
        "`KUBECONFIG` names the cluster where `TRELLIS_KUBERNETES_KUBECONFIG` is not set.",
        "",
        "## `make up`",
        "",
        "Reads a file `.env` in the checkout too; what is in the environment wins. It generates the passwords and the",
        "signing key, and starts a Neo4j and a Redis unless yours are named. It passes on the settings above, and has",
        "these of its own:",
        "",
        *_table(local_only()),
        "",
        *aliases,
        "",
        "## The command line",
        "",
        "| variable | value | default | meaning |",
        "| --- | --- | --- | --- |",
        "| `TRELLIS_SERVER` | text | `http://127.0.0.1:8080` | The server that `trellis` talks to. |",
        "| `TRELLIS_CLI_CREDENTIALS` | path | `trellis/credentials.json` in the user's configuration folder "
        "| Where `trellis login` keeps the token, mode 600. |",
        "| `TRELLIS_DEBUG` | text | | Anything: an unexpected error shows where it happened. |",
        "",
        "## Tests",
        "",
        "| variable | meaning |",
        "| --- | --- |",
        "| `TRELLIS_TEST_NEO4J_URI`, `TRELLIS_TEST_NEO4J_PASSWORD` | A Neo4j to test with; else one is started. |",
        "| `TRELLIS_TEST_REDIS_URL` | A Redis to test with; else one is started. |",
    ]
    return "\n".join(lines) + "\n"


def _lines(settings: tuple[Setting, ...]) -> Iterator[str]:
    for each in settings:
        yield f"# {each.meaning}"
        yield f"# {each.variable}={'' if each.secret or each.default is None else each.default}"
        yield ""


def example() -> str:
    """The file to copy to .env: every setting, commented out, at its default."""
    lines = [
        "# Copy to .env and take the # away from what you change. docs/settings.md says what each value may be.",
        "# Written by: python -m app.settings_docs",
        "#",
        "# make up needs none of this: it generates the secrets. docker compose needs the four without a default:",
        "# TRELLIS_NEO4J_PASSWORD, TRELLIS_LOCAL_REDIS_PASSWORD, TRELLIS_AUTH_SIGNING_KEY and",
        "# TRELLIS_AUTH_ADMIN_PASSWORD.",
        "",
        "# --- The API and the worker ---",
        "",
        *_lines(settings_of(Settings)),
        "# --- make up ---",
        "",
        *_lines(local_only()),
        "# --- docker compose ---",
        "",
        "# The password of the Redis in docker-compose.yml.",
        "# TRELLIS_LOCAL_REDIS_PASSWORD=",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write both files; says which have changed."""
    for path, text in ((PAGE, page()), (EXAMPLE, example())):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"renewed {path.relative_to(CHECKOUT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
