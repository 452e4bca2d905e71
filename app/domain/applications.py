"""Applications: sets of services that are planned and deployed together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain import names
from app.domain.changes import Change, Kind, Saved, Saving, Wanted, delete, named, refuse_in_use, save
from app.errors import InvalidInput, NotFound
from app.graph import Transaction

KIND = Kind(
    label="Application",
    folder="applications",
    fields=("description",),
    parent_label="Project",
    parent_column="project_id",
)


@dataclass(frozen=True, slots=True)
class ApplicationSpec:
    """An application as it should be; a description of None leaves what is there."""

    project_id: str
    name: str
    description: str | None = None
    expected_version: int | None = None
    locate: Callable[[str], str] = named


def _wanted(spec: ApplicationSpec) -> Wanted:
    try:
        id = names.application_id(spec.project_id, spec.name)
    except ValueError as error:
        raise InvalidInput(str(error), spec.locate("name")) from error
    return Wanted(
        id=id,
        name=spec.name,
        values={"description": spec.description},
        parent_id=spec.project_id,
        locate=spec.locate,
        expected_version=spec.expected_version,
        application_id=id,
    )


def place(id: str) -> names.ApplicationName:
    """Project and name of an application that somebody named by id. Raises NotFound for what cannot be one."""
    try:
        return names.parse_application_id(id)
    except ValueError as error:
        raise NotFound(f"there is no Application {id}", "id") from error


async def save_all(
    change: Change, transaction: Transaction, specs: Sequence[ApplicationSpec], *, saving: Saving
) -> list[Saved]:
    """Save applications within a transaction. Raises InvalidInput, Conflict, NotFound."""
    return await save(change, transaction, KIND, wanted=[_wanted(spec) for spec in specs], saving=saving)


async def save_application(change: Change, spec: ApplicationSpec, *, saving: Saving) -> str:
    """Create or update one application and return its id. Raises InvalidInput, Conflict, NotFound, Forbidden."""

    async def work(transaction: Transaction) -> str:
        return (await save_all(change, transaction, [spec], saving=saving))[0].id

    return await change.commit(f"{saving}_application", work)


async def delete_application(change: Change, id: str, *, expected_version: int | None = None) -> str:
    """Delete an application with its services and their versions.

    Raises NotFound, Conflict (another version), Forbidden, and InUse naming what is deployed of it and the services of
    other applications that depend on it.
    """
    wanted = Wanted(id=id, name=id, values={}, expected_version=expected_version, application_id=id)

    async def work(transaction: Transaction) -> str:
        async def check() -> None:
            await refuse_in_use(transaction, "applications/find_application_users", id, label="Application")

        async def remove() -> None:
            await transaction.run("applications/delete_application", id=id)

        return (await delete(change, transaction, KIND, wanted=wanted, check=check, remove=remove)).id

    return await change.commit("delete_application", work)
