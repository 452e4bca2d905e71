"""Weights of fields: said where a field is declared, found where an operation's cost is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from graphql import GraphQLSchema, is_interface_type, is_object_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from app.projection.paging import MOST_FIRST
from app.weights import EXTENSION, Weight

_KEY = "trellis_weight"
F = TypeVar("F", bound=StrawberryField)

MANY = 10_000
"""What it costs to look at all of a tenant's nodes of a type, of which there may be a hundred thousand.

A node that is only looked at takes the database about a tenth of what a value takes that is read, sent and shown.
"""
PAGE = Weight(most=MOST_FIRST)
"""Of a page of what a node leads to, or of something of which there are few: as often as `first` says what is on it."""
ALL = Weight(most=MOST_FIRST, all=MANY)
"""Of a page of all nodes of a type: like any, but what no index finds is looked for among all of them."""
ITEM = Weight(each=1)
"""Of a page's `nodes` and `edges`: each is a list of values, which is made and sent as they are."""
COUNTED = Weight(10, counts=True)
"""Of `totalCount`: it looks at all there is, not only at what a page shows."""
SEARCHING = Weight(100, most=MOST_FIRST, all=MANY)
"""Of a search: it ranks all that a text finds, and shows a page of it."""
LOOKING = Weight(MANY // 10)
"""Of a root field with a resolver of its own: it looks at a part of the graph that nobody else can tell."""
WRITING = Weight(100)
"""Of a mutation that changes a few nodes in one transaction."""
FOLLOWING = Weight(500)
"""Of a subscription: it is replayed what it missed, and then stays."""
PLANNING = Weight(2_000)
"""Of a mutation that computes a plan or applies manifests: it reads and writes a part of the graph."""
SIGNING_IN = Weight(2_000)
"""Of signing in: checking a password takes as long as reading tens of thousands of values."""


def weighing(weight: Weight) -> Mapping[str, object]:
    """A weight as a Strawberry field carries it: `strawberry.field(metadata=weighing(Weight(50)), …)`."""
    return {_KEY: weight}


def weighed(field: F, weight: Weight | None) -> F:
    """The same field with a weight, where there is one."""
    if weight is not None:
        field.metadata = MappingProxyType({**field.metadata, **weighing(weight)})
    return field


def attach_weights(schema: GraphQLSchema) -> None:
    """Give every field of the schema the weight that its declaration says."""
    for each in schema.type_map.values():
        if is_object_type(each) or is_interface_type(each):
            for field in each.fields.values():
                declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                weight = declared.metadata.get(_KEY) if isinstance(declared, StrawberryField) else None
                if weight is not None:
                    field.extensions[EXTENSION] = weight
