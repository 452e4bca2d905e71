"""The GraphQL schema: Query, Mutation and Subscription composed, and its reads compiled."""

from collections.abc import Callable, Sequence

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext

from app.projection.compiler import Compiler
from app.projection.statement import Guard, unguarded
from graph_schema.model import model_of
from graph_schema.mutations import Mutation
from graph_schema.problems import PROBLEM_TYPES
from graph_schema.projected import attach
from graph_schema.queries import Query
from graph_schema.scalars import SCALARS
from graph_schema.subscriptions import Subscription

CACHED = 128
"""How many documents Strawberry's own execution keeps parsed and validated."""


class PlatformSchema(strawberry.Schema):
    """The schema; it leaves the logging of errors to whoever answers, because only there the request is known."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing: `app.http.failures` logs what is unexpected."""


def build_schema(
    *,
    query: type = Query,
    mutation: type | None = Mutation,
    subscription: type | None = Subscription,
    types: Sequence[type] = PROBLEM_TYPES,
    extensions: Sequence[Callable[[], SchemaExtension]] = (
        lambda: ParserCache(maxsize=CACHED),
        lambda: ValidationCache(maxsize=CACHED),
    ),
    guard: Guard = unguarded,
    plans: int = 512,
) -> strawberry.Schema:
    """The schema, ready to execute.

    `guard` adds a predicate to every node that is read; `plans` is how many compiled reads are kept. Raises
    DeclarationInvalid and ModelInvalid where declarations do not fit together.
    """
    schema = PlatformSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=types,
        extensions=list(extensions),
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
    )
    definitions = [each.definition for each in schema.schema_converter.type_map.values()]
    declared = [each.origin for each in definitions if isinstance(each, StrawberryObjectDefinition)]
    model = model_of(declared, query)
    attach(schema._schema, model, Compiler(model, schema._schema, guard=guard, plans=plans))
    return schema
