"""The mutation that applies manifests."""

from enum import Enum
from typing import Annotated, cast

import strawberry
from pydantic import JsonValue
from strawberry.scalars import JSON

from app.domain import applying
from app.domain.applying import Applied
from app.domain.changes import Outcome
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation
from graph_schema.problems import Problem
from graph_schema.weights import PLANNING


@strawberry.enum(description="What became of an object.")
class ApplyAction(Enum):
    """What became of an object."""

    CREATED = strawberry.enum_value("created", description="It was not there.")
    UPDATED = strawberry.enum_value("updated", description="It was different.")
    UNCHANGED = strawberry.enum_value("unchanged", description="It was as declared already.")
    DELETED = strawberry.enum_value("deleted", description="No document declares it any more.")


@strawberry.input(description="Manifests to apply, all of them or none.")
class ApplyManifestsInput:
    """Manifests to apply."""

    manifests: list[JSON] = strawberry.field(
        description="Documents as in a manifest file (apiVersion trellis/v1), at most 20,000."
    )
    prune: bool = strawberry.field(
        default=False, description="Delete services of the applications declared here that no document declares."
    )
    impact_digests: list[str] = strawberry.field(
        default_factory=list,
        description="With prune: the digests of `impact(node, DELETE)` as it was shown of each service that goes while "
        "others, which stay, depend on it.",
    )


@strawberry.type(description="What became of one object.")
class ApplyResult:
    """What became of one object."""

    index: int | None = strawberry.field(description="The document's place in the input; null for what was deleted.")
    kind: str = strawberry.field(description="Its kind.")
    id: strawberry.ID = strawberry.field(description="Its id.")
    action: ApplyAction = strawberry.field(description="What was done.")


@strawberry.type(description="What became of the manifests.")
class ApplyManifestsPayload:
    """What became of the manifests."""

    results: list[ApplyResult] = strawberry.field(
        description="In the order of the documents, then what was deleted; empty where it was refused."
    )
    problems: list[Problem] = strawberry.field(
        description="Why it was refused, with the document's place in each field; empty where it was done."
    )


_ACTIONS = {
    Outcome.CREATED: ApplyAction.CREATED,
    Outcome.UPDATED: ApplyAction.UPDATED,
    Outcome.UNCHANGED: ApplyAction.UNCHANGED,
    Outcome.DELETED: ApplyAction.DELETED,
}


def _result(one: Applied) -> ApplyResult:
    return ApplyResult(index=one.index, kind=one.kind, id=strawberry.ID(one.id), action=_ACTIONS[one.outcome])


@strawberry.type
class ManifestMutations:
    """The mutation that applies manifests."""

    @mutation(description="Make the graph what the manifests say, all of it or nothing.", weight=PLANNING)
    async def apply_manifests(
        self, info: Asked, input: Annotated[ApplyManifestsInput, strawberry.argument(description="The manifests.")]
    ) -> ApplyManifestsPayload:
        """Apply manifests."""
        applied, problems = await attempt(
            applying.apply_manifests(
                change_of(info),
                cast("list[JsonValue]", input.manifests),
                prune=input.prune,
                default_provider=info.context.application.default_provider,
                impact_digests=input.impact_digests,
            )
        )
        return ApplyManifestsPayload(results=[_result(one) for one in applied or []], problems=problems)
