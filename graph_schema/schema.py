"""The GraphQL schema: Query, Mutation and Subscription composed, and its reads compiled."""

from collections.abc import Sequence

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition

from app.projection.compiler import Compiler
from app.projection.statement import Guard, unguarded
from graph_schema.model import model_of
from graph_schema.projected import attach
from graph_schema.queries import Query
from graph_schema.scalars import SCALARS


def build_schema(
    *,
    mutation: type | None = None,
    subscription: type | None = None,
    query: type = Query,
    extensions: Sequence[type[SchemaExtension]] = (),
    guard: Guard = unguarded,
    plans: int = 512,
) -> strawberry.Schema:
    """The schema, ready to execute.

    `guard` adds a predicate to every node that is read; `plans` is how many compiled reads are kept. Raises
    DeclarationInvalid and ModelInvalid where declarations do not fit together.
    """
    schema = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        extensions=list(extensions),
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
    )
    definitions = [each.definition for each in schema.schema_converter.type_map.values()]
    types = [each.origin for each in definitions if isinstance(each, StrawberryObjectDefinition)]
    model = model_of(types, query)
    attach(schema._schema, model, Compiler(model, schema._schema, guard=guard, plans=plans))
    return schema
