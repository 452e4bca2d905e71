"""How a domain type is said, once: label, stored properties, edges, descriptions.

    @node("Service")
    class Service:
        \"\"\"A process that is part of an application.\"\"\"

        id = stored(ID, "Its path: project, application and name.")
        description = stored(str, "What it is for.", optional=True)
        application = one("applications.Application", incoming("HAS_SERVICE"), "What it is part of.")
        versions = many("ServiceVersion", outgoing("HAS_VERSION"), "What it could run.", on_delete=Rule.CASCADE)

The class becomes a Strawberry type; `graph_schema.model` makes the projection's model of all such types from the same
declarations. Targets are named by module and class, relative to the declaring module's package.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from inspect import cleandoc
from types import MappingProxyType
from typing import TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from app.projection.model import Direction, Order
from graph_schema.connections import PROJECTED, annotation_of, connection_type, paging_arguments
from graph_schema.stored import DeclarationInvalid, Stored, stored

__all__ = ["DeclarationInvalid", "incoming", "many", "node", "one", "outgoing", "stored"]

C = TypeVar("C", bound=type)

DECLARATION = "__trellis_declaration__"
_LABEL = re.compile(r"[A-Z][A-Za-z0-9]*")
_RELATIONSHIP = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_TARGET = re.compile(r"([a-z][a-z0-9_]*\.)?[A-Z][A-Za-z0-9]*")
_NONE: Mapping[str, Stored] = MappingProxyType({})


class Rule(StrEnum):
    """What becomes of an edge's other end when the node that declares the edge is deleted."""

    CASCADE = "cascade"
    """It is deleted too."""
    RESTRICT = "restrict"
    """While it exists, the node cannot be deleted."""
    DETACH = "detach"
    """It stays; the edge goes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One relationship of an edge's path; `label` is needed where the path goes on."""

    type: str
    direction: Direction
    label: str | None


@dataclass(frozen=True, slots=True)
class One:
    """An edge to at most one node."""

    target: str
    path: tuple[Step, ...]
    description: str
    optional: bool
    on_delete: Rule


@dataclass(frozen=True, slots=True)
class Many:
    """An edge to a page of nodes."""

    target: str
    path: tuple[Step, ...]
    description: str
    order: tuple[Order, ...]
    name: str | None
    properties: Mapping[str, Stored]
    on_delete: Rule


@dataclass(frozen=True, slots=True)
class Declaration:
    """What `node` read off a class: the label, and the fields by Python name."""

    label: str
    module: str
    fields: Mapping[str, Stored | One | Many]


def outgoing(type_: str, label: str | None = None) -> Step:
    """A relationship that points away from the node that declares it (or from the label before it in a path)."""
    return _step(type_, Direction.OUT, label)


def incoming(type_: str, label: str | None = None) -> Step:
    """A relationship that points to the node that declares it (or to the label before it in a path)."""
    return _step(type_, Direction.IN, label)


def _step(type_: str, direction: Direction, label: str | None) -> Step:
    if _RELATIONSHIP.fullmatch(type_) is None:
        raise DeclarationInvalid(f"{type_!r} is no relationship type: write a verb in UPPER_SNAKE, such as HAS_SERVICE")
    return Step(type_, direction, label)


def one(
    target: str,
    path: Step | tuple[Step, ...],
    description: str,
    *,
    optional: bool = False,
    on_delete: Rule = Rule.DETACH,
) -> One:
    """An edge to one node; `optional` says that there may be none.

    `path` is one relationship, or several with the label between them: `(outgoing("OF", "Service"),
    incoming("HAS_SERVICE"))`. Raises DeclarationInvalid.
    """
    return One(_target(target), _path(target, path), _described(target, description), optional, on_delete)


def many(
    target: str,
    path: Step | tuple[Step, ...],
    description: str,
    *,
    order: tuple[Order, ...] = (Order("id"),),
    name: str | None = None,
    properties: Mapping[str, Stored] = _NONE,
    on_delete: Rule = Rule.DETACH,
) -> Many:
    """An edge to a page of nodes, in an order whose last key is unique.

    `properties` are the relationship's own, shown on the connection's edges; a connection that has some needs a `name`
    of its own (`ServiceDependency` makes `ServiceDependencyConnection`). `path` as for `one`.

    Raises DeclarationInvalid.
    """
    if properties and name is None:
        raise DeclarationInvalid(f"the edge to {target} has properties: give its connection a name of its own, name=…")
    if properties and not isinstance(path, Step):
        raise DeclarationInvalid(f"the edge to {target} has properties, so its path is one relationship, not several")
    if not order:
        raise DeclarationInvalid(f"the edge to {target} needs an order that ends in a unique key, such as Order('id')")
    return Many(
        _target(target), _path(target, path), _described(target, description), order, name, properties, on_delete
    )


def _target(target: str) -> str:
    if _TARGET.fullmatch(target) is None:
        raise DeclarationInvalid(f"{target!r} names no type: write module.Class, or Class within the same module")
    return target


def _path(target: str, path: Step | tuple[Step, ...]) -> tuple[Step, ...]:
    steps = (path,) if isinstance(path, Step) else path
    if not steps:
        raise DeclarationInvalid(f"the edge to {target} has no path: write outgoing('TYPE') or incoming('TYPE')")
    for step in steps[:-1]:
        if step.label is None:
            raise DeclarationInvalid(f"the path to {target} goes on after {step.type}: say the label it reaches there")
    return steps


def _described(target: str, description: str) -> str:
    if not description.strip():
        raise DeclarationInvalid(f"the edge to {target} needs a description: say what it tells the caller")
    return description


def node(label: str) -> Callable[[C], C]:
    """Make a class of declarations a GraphQL type whose nodes have that label; its docstring is the description.

    Raises DeclarationInvalid.
    """

    def declare(cls: C) -> C:
        name = cls.__name__
        if _LABEL.fullmatch(label) is None:
            raise DeclarationInvalid(f"{name}: {label!r} is no label: write it in CamelCase, such as Service")
        fields = {key: each for key, each in vars(cls).items() if isinstance(each, Stored | One | Many)}
        if not isinstance(fields.get("id"), Stored):
            raise DeclarationInvalid(f'{name} has no key: declare id = stored(ID, "…")')
        if "__annotations__" in vars(cls) and vars(cls)["__annotations__"]:
            raise DeclarationInvalid(f"{name}: declare fields as name = stored(…), one(…), many(…), not by annotation")
        if not cls.__doc__:
            raise DeclarationInvalid(f"{name} needs a docstring: it is the type's description")
        _make_fields(cls, {key: _strawberry_field(key, each, cls.__module__) for key, each in fields.items()})
        setattr(cls, DECLARATION, Declaration(label, cls.__module__, MappingProxyType(fields)))
        setattr(cls, PROJECTED, True)
        return strawberry.type(cls, description=" ".join(cleandoc(cls.__doc__).split()))

    return declare


def declaration_of(cls: type) -> Declaration | None:
    """What was declared of a class; None for a class that `node` did not make."""
    found = vars(cls).get(DECLARATION)
    return found if isinstance(found, Declaration) else None


def lazy(target: str, module: str) -> "LazyType[object, object]":
    """A reference to a declared type, from the module that names it."""
    package, _, _ = module.rpartition(".")
    where, _, name = target.rpartition(".")
    return LazyType(name, f"{package}.{where}" if where and package else where or module)


def _make_fields(cls: type, fields: Mapping[str, StrawberryField]) -> None:
    cls.__annotations__ = {name: annotation_of(each) for name, each in fields.items()}
    for name, each in fields.items():
        setattr(cls, name, each)


def _strawberry_field(name: str, declared: Stored | One | Many, module: str) -> StrawberryField:
    if isinstance(declared, Stored):
        return declared.field(name)
    target = lazy(declared.target, module)
    if isinstance(declared, One):
        annotation: object = target | None if declared.optional else target
        return StrawberryField(
            python_name=name, type_annotation=StrawberryAnnotation(annotation), description=declared.description
        )
    made = StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation(
            connection_type(target, declared.name or target.type_name, declared.properties)
        ),
        description=declared.description,
    )
    made.arguments = paging_arguments()
    return made
