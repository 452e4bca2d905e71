"""What declared types have in common: interfaces, which a type implements by declaring their fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import cleandoc
from types import MappingProxyType
from typing import TypeVar

import strawberry
from strawberry import ID

from graph_schema.connections import PROJECTED, annotation_of
from graph_schema.stored import Stored, stored

C = TypeVar("C", bound=type)

ENTITY = "Entity"
"""The label of everything that people can name, whatever else it is: ids are unique over it."""
_INTERFACE = "__trellis_interface__"


@dataclass(frozen=True, slots=True)
class InterfaceDeclaration:
    """What `interface` read off a class: all its fields by Python name."""

    fields: Mapping[str, Stored]

    def fits(self, fields: Mapping[str, object]) -> bool:
        """Whether a type with these fields has the interface's, of the same types, null only where that may be."""
        for name, wanted in self.fields.items():
            own = fields.get(name)
            if not isinstance(own, Stored) or (own.kind, own.type_, own.many) != (
                wanted.kind,
                wanted.type_,
                wanted.many,
            ):
                return False
            if own.optional and not wanted.optional:
                return False
        return True


def interface(cls: C) -> C:
    """Make a class of stored properties a GraphQL interface of what people can name; its docstring is the description.

    An interface that extends another names it as its base.
    """
    fields = {key: each for key, each in vars(cls).items() if isinstance(each, Stored)}
    inherited = {key: each for base in cls.__bases__ for key, each in _fields(base).items()}
    made = {name: each.field(name) for name, each in fields.items()}
    cls.__annotations__ = {name: annotation_of(each) for name, each in made.items()}
    for name, each in made.items():
        setattr(cls, name, each)
    setattr(cls, PROJECTED, True)
    setattr(cls, _INTERFACE, InterfaceDeclaration(MappingProxyType({**inherited, **fields})))
    return strawberry.interface(cls, description=" ".join(cleandoc(cls.__doc__ or "").split()))


def interface_of(cls: type) -> InterfaceDeclaration | None:
    """What was declared of an interface; None for a class that `interface` did not make."""
    found = vars(cls).get(_INTERFACE)
    return found if isinstance(found, InterfaceDeclaration) else None


def is_interface(target: str) -> bool:
    """Whether a target, as an edge names it, is one of the interfaces of this module."""
    return target.rpartition(".")[0] == __name__.rpartition(".")[2]


def implemented(fields: Mapping[str, object]) -> list[type]:
    """The interfaces that a type of what people can name implements, having these fields."""
    found = ((each, interface_of(each)) for each in INTERFACES)
    return [each for each, declared in found if declared is not None and declared.fits(fields)]


def _fields(cls: type) -> Mapping[str, Stored]:
    found = interface_of(cls)
    return found.fields if found is not None else {}


@interface
class Node:
    """Anything that people can name: its id is unique in the tenant, whatever type it is of."""

    id = stored(ID, "Its id: a path, or a word for its kind and a name, or for plans and runs one that sorts by time.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")


@interface
class Named(Node):
    """Anything that has a name beside its id."""

    name = stored(str, "Its name.")


@interface
class Described(Named):
    """Anything of which people can say what it is for."""

    description = stored(str, "What it is for.", optional=True)


INTERFACES = (Node, Named, Described)
