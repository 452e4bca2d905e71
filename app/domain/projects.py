"""Projects: what a team owns, holding applications and environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain import names
from app.domain.changes import Change, Kind, Saved, Saving, Wanted, delete, named, refuse_in_use, save
from app.errors import InvalidInput
from app.graph import Transaction

KIND = Kind(label="Project", folder="projects", fields=("description",), extra={"team_id": "team:platform"})


@dataclass(frozen=True, slots=True)
class ProjectSpec:
    """A project as it should be; a description of None leaves what is there."""

    name: str
    description: str | None = None
    expected_version: int | None = None
    locate: Callable[[str], str] = named


def _wanted(spec: ProjectSpec) -> Wanted:
    try:
        id = names.project_id(spec.name)
    except ValueError as error:
        raise InvalidInput(str(error), spec.locate("name")) from error
    return Wanted(
        id=id,
        name=spec.name,
        values={"description": spec.description},
        locate=spec.locate,
        expected_version=spec.expected_version,
    )


async def save_all(
    change: Change, transaction: Transaction, specs: Sequence[ProjectSpec], *, saving: Saving
) -> list[Saved]:
    """Save projects within a transaction. Raises InvalidInput, Conflict, NotFound."""
    return await save(change, transaction, KIND, wanted=[_wanted(spec) for spec in specs], saving=saving)


async def save_project(change: Change, spec: ProjectSpec, *, saving: Saving) -> str:
    """Create or update one project and return its id. Raises InvalidInput, Conflict, NotFound, Forbidden."""

    async def work(transaction: Transaction) -> str:
        return (await save_all(change, transaction, [spec], saving=saving))[0].id

    return await change.commit(f"{saving}_project", work)


async def delete_project(change: Change, id: str, *, expected_version: int | None = None) -> str:
    """Delete a project that holds nothing any more.

    Raises NotFound, Conflict (another version), InUse naming its applications and environments, Forbidden.
    """
    wanted = Wanted(id=id, name=id, values={}, expected_version=expected_version)

    async def work(transaction: Transaction) -> str:
        async def check() -> None:
            await refuse_in_use(transaction, "projects/find_project_users", id, label="Project")

        async def remove() -> None:
            await transaction.run("projects/delete_project", id=id)

        return (await delete(change, transaction, KIND, wanted=wanted, check=check, remove=remove)).id

    return await change.commit("delete_project", work)
