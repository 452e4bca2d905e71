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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from types import GenericAlias, MappingProxyType
from typing import TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from app.domain.kinds import Rule
from app.domain.names import SLUG_PATTERN
from app.projection.model import Direction, Order
from app.weights import Weight
from graph_schema.connections import (
    PROJECTED,
    annotation_of,
    connection_arguments,
    connection_type,
    paging_arguments,
)
from graph_schema.interfaces import implemented, is_interface
from graph_schema.stored import DeclarationInvalid, Stored, Write, stored
from graph_schema.weights import PAGE, weighed

__all__ = ["DeclarationInvalid", "Rule", "Write", "incoming", "many", "node", "one", "outgoing", "stored", "together"]

C = TypeVar("C", bound=type)

DECLARATION = "__trellis_declaration__"
_LABEL = re.compile(r"[A-Z][A-Za-z0-9]*")
_RELATIONSHIP = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_TARGET = re.compile(r"([a-z][a-z0-9_]*\.)?[A-Z][A-Za-z0-9]*")
_NONE: Mapping[str, Stored] = MappingProxyType({})


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
    write: Write | None = None
    fixed: str | None = None
    prefix: str = ""
    weight: Weight | None = None


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
    write: Write | None = None
    weight: Weight | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """A list of values made of several stored properties; `type_` is their Strawberry type."""

    type_: type
    properties: tuple[str, ...]
    make: Callable[..., Sequence[object]]
    description: str
    weight: Weight


@dataclass(frozen=True, slots=True)
class Declaration:
    """What `node` read off a class: the label, the fields by Python name, and what it takes to write a node.

    `entity` says that people can name its nodes.
    """

    label: str
    module: str
    entity: bool
    fields: Mapping[str, Stored | Together | One | Many]
    key: str | None = None
    named: str = SLUG_PATTERN
    users: str | None = None


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
    write: Write | None = None,
    fixed: str | None = None,
    prefix: str = "",
    weight: Weight | None = None,
) -> One:
    """An edge to one node; `optional` says that there may be none.

    `path` is one relationship, or several with the label between them: `(outgoing("OF", "Service"),
    incoming("HAS_SERVICE"))`. `write` lets callers choose the node by its id; `prefix` is what these ids begin with and
    callers leave out; `fixed` is the id of the one node that every new node is part of. `weight` is its cost where that
    is more than a value's. Raises DeclarationInvalid.
    """
    steps = _path(target, path)
    _writable(target, steps, write)
    described = _described(target, description)
    return One(_target(target), steps, described, optional, on_delete, write, fixed, prefix, weight)


def many(
    target: str,
    path: Step | tuple[Step, ...],
    description: str,
    *,
    order: tuple[Order, ...] = (Order("id"),),
    name: str | None = None,
    properties: Mapping[str, Stored] = _NONE,
    on_delete: Rule = Rule.DETACH,
    write: Write | None = None,
    weight: Weight | None = None,
) -> Many:
    """An edge to a page of nodes, in an order whose last key is unique.

    `properties` are the relationship's own, shown on the connection's edges; a connection that has some needs a `name`
    of its own (`ServiceDependency` makes `ServiceDependencyConnection`). `path` as for `one`; `write` lets callers name
    all nodes by their ids.

    Raises DeclarationInvalid.
    """
    if properties and name is None:
        raise DeclarationInvalid(f"the edge to {target} has properties: give its connection a name of its own, name=…")
    if properties and not isinstance(path, Step):
        raise DeclarationInvalid(f"the edge to {target} has properties, so its path is one relationship, not several")
    steps = _path(target, path)
    _writable(target, steps, write)
    if not order:
        raise DeclarationInvalid(f"the edge to {target} needs an order that ends in a unique key, such as Order('id')")
    described = _described(target, description)
    return Many(_target(target), steps, described, order, name, properties, on_delete, write, weight)


def together(
    type_: type,
    properties: tuple[str, ...],
    make: Callable[..., Sequence[object]],
    description: str,
    *,
    items: int,
) -> Together:
    """A list of values made of several stored properties of the node.

    `type_` is a Strawberry type; `make` takes the properties in their order, each as it is stored or None, and gives
    objects with the type's fields as attributes. `items` is how many there usually are, for the cost. Raises
    DeclarationInvalid.
    """
    if not description.strip():
        raise DeclarationInvalid(f"the values of {type_.__name__} need a description: say what they tell the caller")
    return Together(type_, properties, make, description, Weight(items=items))


def _writable(target: str, path: tuple[Step, ...], write: Write | None) -> None:
    if write is not None and len(path) > 1:
        raise DeclarationInvalid(f"the edge to {target} is a path of several relationships: it cannot be written")


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


def node(
    label: str,
    *,
    entity: bool = True,
    key: str | None = None,
    named: str = SLUG_PATTERN,
    users: str | None = None,
) -> Callable[[C], C]:
    """Make a class of declarations a GraphQL type whose nodes have that label; its docstring is the description.

    `entity` says that people can name its nodes: they carry the label `Entity` too, `node(id)` finds them, and the type
    implements each interface of `graph_schema.interfaces` whose fields it has. `key` is for what can be created or
    deleted by callers: how an id is made of the node's name and of the id of what it is part of, such as
    `{project}/{name}`; `named` is the pattern of names. `users` names a statement that finds what keeps nodes from
    being deleted beside what edges with Rule.RESTRICT lead to. Raises DeclarationInvalid.
    """

    def declare(cls: C) -> C:
        name = cls.__name__
        if _LABEL.fullmatch(label) is None:
            raise DeclarationInvalid(f"{name}: {label!r} is no label: write it in CamelCase, such as Service")
        fields = {key: each for key, each in vars(cls).items() if isinstance(each, Stored | Together | One | Many)}
        if not isinstance(fields.get("id"), Stored):
            raise DeclarationInvalid(f'{name} has no key: declare id = stored(ID, "…")')
        if "__annotations__" in vars(cls) and vars(cls)["__annotations__"]:
            raise DeclarationInvalid(f"{name}: declare fields as name = stored(…), one(…), many(…), not by annotation")
        if not cls.__doc__:
            raise DeclarationInvalid(f"{name} needs a docstring: it is the type's description")
        _make_fields(cls, {key: _strawberry_field(key, each, cls.__module__) for key, each in fields.items()})
        declaration = Declaration(label, cls.__module__, entity, MappingProxyType(fields), key, named, users)
        setattr(cls, DECLARATION, declaration)
        setattr(cls, PROJECTED, True)
        made = strawberry.type(cls, description=" ".join(cleandoc(cls.__doc__).split()))
        if entity:
            interfaces = [get_object_definition(each, strict=True) for each in implemented(fields)]
            get_object_definition(made, strict=True).interfaces = interfaces
        return made

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


def _strawberry_field(name: str, declared: Stored | Together | One | Many, module: str) -> StrawberryField:
    if isinstance(declared, Stored):
        return declared.field(name)
    if isinstance(declared, Together):
        annotation = StrawberryAnnotation(GenericAlias(list, (declared.type_,)))
        made = StrawberryField(python_name=name, type_annotation=annotation, description=declared.description)
        return weighed(made, declared.weight)
    usual = PAGE if isinstance(declared, Many) else None
    return weighed(_edge_field(name, declared, module), declared.weight or usual)


def _edge_field(name: str, declared: One | Many, module: str) -> StrawberryField:
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
    made.arguments = paging_arguments() if is_interface(declared.target) else connection_arguments(target)
    return made
