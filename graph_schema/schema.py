"""The GraphQL schema: Query, Mutation and Subscription composed, and its reads compiled."""

from collections.abc import Callable, Iterator, Sequence

import strawberry
from graphql import DocumentNode, GraphQLError, GraphQLInputObjectType
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext
from strawberry.types.union import StrawberryUnion

from app.http.documents import DOCUMENT
from app.projection.compiler import Compiler
from app.projection.statement import Guard, unguarded
from graph_schema.kinds import attach_kinds
from graph_schema.model import model_of
from graph_schema.mutations import Mutation
from graph_schema.problems import PROBLEM_TYPES
from graph_schema.projected import attach
from graph_schema.queries import Query
from graph_schema.scalars import SCALARS
from graph_schema.subscriptions import Subscription
from graph_schema.weights import attach_weights


class Prepared(SchemaExtension):
    """Takes over a document that was parsed and validated before; any other is parsed and validated each time."""

    def on_parse(self) -> Iterator[None]:
        """Hand over the parsed document."""
        found = self._document()
        if found is not None:
            self.execution_context.graphql_document = found
        yield

    def on_validate(self) -> Iterator[None]:
        """Say that the document holds no mistakes."""
        if self._document() is not None:
            self.execution_context.pre_execution_errors = []
        yield

    def _document(self) -> DocumentNode | None:
        found = (self.execution_context.operation_extensions or {}).get(DOCUMENT)
        return found if isinstance(found, DocumentNode) else None


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
    extensions: Sequence[Callable[[], SchemaExtension]] = (Prepared,),
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
    for each in schema.schema_converter.type_map.values():
        if isinstance(each.definition, StrawberryObjectDefinition) and isinstance(
            each.implementation, GraphQLInputObjectType
        ):
            # Strawberry checks this as values are read; so validation and introspection know it as well.
            each.implementation.is_one_of = bool(each.definition.is_one_of)
    attach_weights(schema._schema)
    model = model_of(declared, query, [each for each in definitions if isinstance(each, StrawberryUnion)])
    attach_kinds(schema._schema, declared)
    attach(schema._schema, model, Compiler(model, schema._schema, guard=guard, plans=plans))
    return schema
