"""Stored properties and enums: the leaves of a declaration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from operator import or_
from types import GenericAlias
from typing import TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.scalars import JSON
from strawberry.types.base import has_strawberry_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from app.domain.kinds import Check
from app.projection.model import Leaf, LeafKind
from app.transactions import Value
from app.weights import Weight
from graph_schema.scalars import WaitReason
from graph_schema.weights import weighed

E = TypeVar("E", bound=type[Enum])

_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_KINDS: Mapping[object, LeafKind] = {
    str: LeafKind.STRING,
    strawberry.ID: LeafKind.ID,
    int: LeafKind.INT,
    float: LeafKind.FLOAT,
    bool: LeafKind.BOOLEAN,
    datetime: LeafKind.TIME,
    JSON: LeafKind.JSON,
    WaitReason: LeafKind.REASON,
}


class Write(StrEnum):
    """When callers may write a property or an edge."""

    ONCE = "once"
    """When the node is created."""
    ALWAYS = "always"
    """Then, and whenever it is changed."""


class DeclarationInvalid(Exception):
    """A declaration contradicts itself; the message says where, and what to write instead."""


def described(enum: E, description: str, values: Mapping[Enum, str]) -> E:
    """Make an enum of the domain a GraphQL enum, with a description for it and for each of its values.

    Raises DeclarationInvalid where a value has none.
    """
    if has_strawberry_definition(enum):
        raise DeclarationInvalid(f"{enum.__name__} is described already: import it from the module that does")
    missing = [member.name for member in enum if not values.get(member)]
    if missing:
        raise DeclarationInvalid(f"{enum.__name__}: say what {', '.join(missing)} means, in the third argument")
    made = strawberry.enum(enum, description=description)
    for value in _enum_definition(made).values:
        value.description = values[enum[value.name]]
    return made


def _enum_definition(enum: object) -> StrawberryEnumDefinition:
    if has_strawberry_definition(enum):
        definition = enum.__strawberry_definition__
        if isinstance(definition, StrawberryEnumDefinition):
            return definition
    raise DeclarationInvalid(f"{enum!r} is no GraphQL enum yet: pass it through described(…) first")


@dataclass(frozen=True, slots=True)
class Stored:
    """A property of a node or of a relationship, and the field that shows it."""

    type_: object
    description: str
    optional: bool
    many: bool
    property_: str | None
    as_text: bool = False
    write: Write | None = None
    default: Value = None
    checks: tuple[Check, ...] = ()
    told: bool = False
    filterable: bool = True
    indexed: bool = False
    weight: Weight | None = None

    def leaf(self, name: str) -> Leaf:
        """The field as the projection sees it, declared under that Python name."""
        names = {}
        if self.kind is LeafKind.ENUM:
            names = {str(value.value): value.name for value in _enum_definition(self.type_).values}
        return Leaf(
            to_camel_case(name),
            self.property_ or name,
            self.kind,
            self.optional,
            self.many,
            names,
            filterable=self.filterable,
            indexed=self.indexed,
        )

    def field(self, name: str) -> StrawberryField:
        """The field as Strawberry sees it, declared under that Python name."""
        annotation: object = GenericAlias(list, (self.type_,)) if self.many else self.type_
        made = StrawberryField(
            python_name=name,
            type_annotation=StrawberryAnnotation(or_(annotation, None) if self.optional else annotation),
            description=self.description,
        )
        return weighed(made, self.weight)

    @property
    def kind(self) -> LeafKind:
        """How the property is read."""
        if self.as_text:
            return LeafKind.TEXT
        return LeafKind.ENUM if isinstance(self.type_, type) and issubclass(self.type_, Enum) else _KINDS[self.type_]


def stored(
    type_: object,
    description: str,
    *,
    optional: bool = False,
    many: bool = False,
    property_: str | None = None,
    as_text: bool = False,
    write: Write | None = None,
    default: Value = None,
    checks: tuple[Check, ...] = (),
    told: bool = False,
    filterable: bool = True,
    indexed: bool = False,
    weight: Weight | None = None,
) -> Stored:
    """A stored property.

    `type_` is str, ID, int, float, bool, datetime, JSON or an enum; `optional` says that it may be missing, `many` that
    it is a list; `property_` is its name in the graph where that differs from the field's; `as_text` shows a property
    of another type as text. Lists are narrowed and ordered by it according to its type, unless `filterable` is False;
    `indexed` says that a migration has made an index on tenant, property and id. `weight` is its cost
    where that is more than a value's.

    `write` says when callers may set it, `checks` what is asked of their values; `default` is what a new node has where
    nothing is said, or always where callers may not write it. `told` lets events say what callers cannot write.

    Raises DeclarationInvalid.
    """
    made = Stored(
        type_,
        description,
        optional,
        many,
        property_,
        as_text,
        write,
        default,
        checks,
        told,
        filterable,
        indexed,
        weight,
    )
    if not (isinstance(type_, type) and issubclass(type_, Enum)) and type_ not in _KINDS:
        raise DeclarationInvalid(
            f"{type_!r} cannot be stored: use str, ID, int, float, bool, datetime, JSON or an enum"
        )
    if made.kind is LeafKind.ENUM:
        _enum_definition(type_)
    if not description.strip():
        raise DeclarationInvalid("a stored property needs a description: say what it tells the caller")
    if property_ is not None and _PROPERTY.fullmatch(property_) is None:
        raise DeclarationInvalid(f"{property_!r} is no property name: write it in snake_case")
    return made
