"""The types of a manifest's fields: what each takes, and what is said of anything else."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema
from pydantic.config import JsonDict

from app.domain.images import IMAGE_PATTERN, parse_image
from app.domain.names import LABEL_LENGTH, LABEL_PATTERN, SLUG_PATTERN, is_slug
from app.domain.quantities import QUANTITY_PATTERN, parse_cpu, parse_memory

ICON: Final = rf"({SLUG_PATTERN}|https://[^\s\"<>]{{1,1900}})"
"""What a template's icon is: the name of one, or where it is."""
MOST_TAGS: Final = 20
"""More words for one template are not taken."""

_VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_.-]{0,252}"
_PORT_NAME_PATTERN = r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?"
_FIELD_PATTERN = r"[A-Za-z0-9_.*-]{1,300}"
_DEPENDENCY_PATTERN = rf"({SLUG_PATTERN}/)?{SLUG_PATTERN}"


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError(
            "must be 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends, "
            f"not {text[:80]!r}"
        )
    return text


def _label(text: str) -> str:
    if re.fullmatch(LABEL_PATTERN, text) is None:
        raise ValueError(
            f"must be 1 to {LABEL_LENGTH} letters, digits, '_', '.' and '-', with a letter or digit at both ends, "
            f"not {text[:80]!r}"
        )
    return text


def _port_name(text: str) -> str:
    if re.fullmatch(_PORT_NAME_PATTERN, text) is None or "--" in text or re.search("[a-z]", text) is None:
        raise ValueError(
            "must be 1 to 15 lower-case letters, digits and single hyphens, with at least one letter and no hyphen "
            f"at either end, not {text[:80]!r}"
        )
    return text


def _variable(text: str) -> str:
    if re.fullmatch(_VARIABLE_PATTERN, text) is None:
        raise ValueError(
            f"must be 1 to 253 letters, digits, '_', '.' and '-' that begin with a letter or '_', not {text[:80]!r}"
        )
    return text


def _dependency(text: str) -> str:
    if re.fullmatch(_DEPENDENCY_PATTERN, text) is None:
        raise ValueError(
            "must be a service's name, or application/name for a service of another application of the project, "
            f"not {text[:80]!r}"
        )
    return text


def _field(text: str) -> str:
    if re.fullmatch(_FIELD_PATTERN, text) is None:
        raise ValueError(
            "must be a field such as replicas or environment.MODE, 1 to 300 letters, digits, '_', '.', '-' and '*', "
            f"not {text[:80]!r}"
        )
    return text


def _icon(text: str) -> str:
    if re.fullmatch(ICON, text) is None:
        raise ValueError("must be a name of lower-case letters, digits and hyphens, or an https address")
    return text


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold the character NUL")
    return text


def _image(text: str) -> str:
    parse_image(text)
    return text


def _cpu(text: str) -> str:
    parse_cpu(text)
    return text


def _memory(text: str) -> str:
    parse_memory(text)
    return text


def _pattern(pattern: str) -> JsonDict:
    return {"pattern": f"^{pattern}$"}


Name = Annotated[str, AfterValidator(_slug), Field(json_schema_extra=_pattern(SLUG_PATTERN))]
Label = Annotated[str, AfterValidator(_label), Field(json_schema_extra=_pattern(LABEL_PATTERN))]
PortName = Annotated[str, AfterValidator(_port_name), Field(json_schema_extra=_pattern(_PORT_NAME_PATTERN))]
VariableName = Annotated[str, AfterValidator(_variable), Field(json_schema_extra=_pattern(_VARIABLE_PATTERN))]
DependencyName = Annotated[str, AfterValidator(_dependency), Field(json_schema_extra=_pattern(_DEPENDENCY_PATTERN))]
Image = Annotated[str, AfterValidator(_image), Field(json_schema_extra=_pattern(IMAGE_PATTERN))]
Icon = Annotated[str, AfterValidator(_icon), Field(json_schema_extra=_pattern(ICON))]
Title = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
HttpPath = Annotated[str, Field(max_length=2_000, pattern=r"^/"), AfterValidator(_plain)]
Argument = Annotated[str, Field(max_length=131_072), AfterValidator(_plain)]
PortNumber = Annotated[int, Field(ge=1, le=65_535)]
Cpu = Annotated[str, AfterValidator(_cpu), Field(json_schema_extra=_pattern(QUANTITY_PATTERN))]
Memory = Annotated[str, AfterValidator(_memory), Field(json_schema_extra=_pattern(QUANTITY_PATTERN))]
Ignored = Annotated[str, AfterValidator(_field), Field(json_schema_extra=_pattern(_FIELD_PATTERN))]
Content = Annotated[dict[str, JsonValue], WithJsonSchema({"type": "object"})]
Description = Annotated[str, Field(max_length=2_000, description="What it is, for people."), AfterValidator(_plain)]
