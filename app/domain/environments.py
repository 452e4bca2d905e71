"""Environments: where a project's applications run, and which environment follows which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain import names
from app.domain.changes import Change, Saved, Saving, Wanted, named, refuse, said, save
from app.domain.drift import DriftRules
from app.domain.rows import listed
from app.errors import InUse, InvalidInput, NotFound
from app.transactions import Transaction


class Stage(StrEnum):
    """How much an environment matters; policies look at it."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """An environment as it should be.

    `provider` is a provider's name; `promotes_to` the id of an environment of the same project. On an update None
    leaves what is there.
    """

    project_id: str
    name: str
    description: str | None = None
    stage: Stage | None = None
    namespace: str | None = None
    provider: str | None = None
    promotes_to: str | None = None
    drift: DriftRules | None = None
    expected_version: int | None = None
    locate: Callable[[str], str] = named


def _wanted(spec: EnvironmentSpec) -> Wanted:
    try:
        id = names.environment_id(spec.project_id, spec.name)
    except ValueError as error:
        raise InvalidInput(str(error), spec.locate("name")) from error
    if spec.namespace is not None and not names.is_slug(spec.namespace):
        raise InvalidInput(f"{spec.namespace!r} is no namespace: a DNS label is needed", spec.locate("namespace"))
    if spec.promotes_to is not None:
        try:
            project = names.parse_environment_id(spec.promotes_to).project
        except ValueError as error:
            raise InvalidInput(str(error), spec.locate("promotes_to")) from error
        if project != spec.project_id:
            raise InvalidInput(
                f"{spec.promotes_to} belongs to project {project}, not {spec.project_id}", spec.locate("promotes_to")
            )
    return Wanted(
        id=id,
        name=spec.name,
        values=said(
            {
                "description": spec.description,
                "stage": spec.stage,
                "namespace": spec.namespace,
                "provider": spec.provider,
                "promotes_to": spec.promotes_to,
            }
        )
        | ({} if spec.drift is None else spec.drift.values()),
        parent_id=spec.project_id,
        locate=spec.locate,
        expected_version=spec.expected_version,
    )


def place(id: str) -> names.EnvironmentName:
    """Project and name of an environment that somebody named by id. Raises NotFound for what cannot be one."""
    try:
        return names.parse_environment_id(id)
    except ValueError as error:
        raise NotFound(f"there is no Environment {id}", "id") from error


def completed(spec: EnvironmentSpec, *, default_provider: str) -> EnvironmentSpec:
    """The specification of a new environment, with what was left out filled in."""
    return EnvironmentSpec(
        project_id=spec.project_id,
        name=spec.name,
        description=spec.description,
        stage=spec.stage or Stage.DEVELOPMENT,
        namespace=spec.namespace or f"{spec.project_id}-{spec.name}"[:63].rstrip("-"),
        provider=spec.provider or default_provider,
        promotes_to=spec.promotes_to,
        drift=spec.drift,
        expected_version=spec.expected_version,
        locate=spec.locate,
    )


async def save_all(
    change: Change, transaction: Transaction, specs: Sequence[EnvironmentSpec], *, saving: Saving
) -> list[Saved]:
    """Save environments within a transaction.

    Raises InvalidInput (also for environments that promote to each other in a circle), Conflict, NotFound, and InUse
    for another namespace while something is deployed: it would be left behind in the old one.
    """
    wanted = [_wanted(spec) for spec in specs]
    await _refuse_moves(transaction, wanted)
    saved = await save(change, transaction, "Environment", wanted=wanted, saving=saving)
    promoting = [one.id for one in wanted if "promotes_to" in one.values]
    if promoting:
        loops = await transaction.run("environments/find_promotion_loop", ids=promoting)
        if loops:
            path = [str(id) for id in listed(loops[0]["path"])]
            locate = next(one.locate for one in wanted if one.id == path[0])
            raise InvalidInput("environments promote in a circle: " + " -> ".join(path), locate("promotes_to"))
    return saved


async def _refuse_moves(transaction: Transaction, wanted: Sequence[Wanted]) -> None:
    rows = [{"id": one.id, "namespace": one.values["namespace"]} for one in wanted if "namespace" in one.values]
    places = {one.id: one.locate("namespace") for one in wanted}
    moved = await transaction.run("environments/find_moved_namespaces", rows=rows) if rows else []
    refuse(
        [
            InUse(
                f"{row['deployment_id']} is deployed in namespace {row['namespace']}: remove what runs in "
                f"{row['id']} before it moves to another",
                (str(row["deployment_id"]),),
                places[str(row["id"])],
            )
            for row in moved
        ]
    )


async def save_environment(change: Change, spec: EnvironmentSpec, *, saving: Saving) -> str:
    """Create or update one environment and return its id. Raises InvalidInput, Conflict, NotFound, Forbidden."""

    async def work(transaction: Transaction) -> str:
        return (await save_all(change, transaction, [spec], saving=saving))[0].id

    return await change.commit(f"{saving}_environment", work)
