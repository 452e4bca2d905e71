"""Services: what runs, in which version, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import dependencies, names, policies, versions
from app.domain.changes import Change, Outcome, Saved, Saving, Wanted, batches, named, said, save
from app.domain.dependencies import Dependency
from app.domain.templates import instances
from app.domain.templates.instances import Instance
from app.domain.versions import VersionSpec
from app.domain.workloads import DataClass, Exposure
from app.errors import InvalidInput, NotFound
from app.transactions import Transaction, Value


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service as it should be; what is None is left as it is.

    `dependencies` are all of them: one that is not named is removed. `deprecated` is said of `version`. `instance`
    takes the place of `version`, which is made of it; a service that is given a `version` is an instance of nothing.
    """

    application_id: str
    name: str
    description: str | None = None
    exposure: Exposure | None = None
    data_class: DataClass | None = None
    version: VersionSpec | None = None
    instance: Instance | None = None
    deprecated: bool | None = None
    dependencies: tuple[Dependency, ...] | None = None
    expected_version: int | None = None
    locate: Callable[[str], str] = named


def _wanted(spec: ServiceSpec) -> Wanted:
    try:
        id = names.service_id(spec.application_id, spec.name)
    except ValueError as error:
        raise InvalidInput(str(error), spec.locate("name")) from error
    return Wanted(
        id=id,
        name=spec.name,
        values=said({"description": spec.description, "exposure": spec.exposure, "data_class": spec.data_class}),
        parent_id=spec.application_id,
        locate=spec.locate,
        expected_version=spec.expected_version,
    )


def place(id: str, *, field: str = "id") -> names.ServiceName:
    """The parts of a service that somebody named by id. Raises NotFound for what cannot be one."""
    try:
        return names.parse_service_id(id)
    except ValueError as error:
        raise NotFound(f"there is no Service {id}", field) from error


async def save_all(
    change: Change, transaction: Transaction, specs: Sequence[ServiceSpec], *, saving: Saving
) -> list[Saved]:
    """Save services with their versions and dependencies within a transaction.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied.
    """
    wanted = [_wanted(spec) for spec in specs]
    before = await dependencies.lock(transaction, [one.id for one in wanted])
    saved = await save(change, transaction, "Service", wanted=wanted, saving=saving, before=before)
    # Those that are an instance of a template are from here on as if they had said what comes of it themselves.
    own = [one.id for one, spec in zip(wanted, specs, strict=True) if spec.version is not None]
    made = await instances.make(
        transaction,
        {one.id: spec.instance for one, spec in zip(wanted, specs, strict=True) if spec.instance is not None},
        own=own,
        before=before,
    )
    specs = [
        replace(spec, version=made.versions[one.id]) if spec.instance is not None else spec
        for one, spec in zip(wanted, specs, strict=True)
    ]
    moved = await _desire(change, transaction, list(zip(saved, specs, strict=True)), before)
    rewired = await dependencies.replace(
        change,
        transaction,
        [(one.id, spec.dependencies) for one, spec in zip(saved, specs, strict=True) if spec.dependencies is not None],
        before=before,
    )
    changed = [one.id for one, spec in zip(saved, specs, strict=True) if _more_delicate(before.get(one.id, {}), spec)]
    await policies.enforce_services(transaction, changed, ids=change.ids, actor=change.actor.id)
    configured = await instances.keep(change, transaction, made, own=own)
    quiet: dict[str, dict[str, Value]] = {id: {} for id in [*rewired, *configured] if id not in moved}
    touched = await _touch(change, transaction, saved, moved | quiet, rewired=rewired)
    versions_now = {one.id: one.version for one in touched}
    await instances.record(change, transaction, configured, made=made, versions=versions_now)
    return await _deprecate(change, transaction, list(zip(touched, specs, strict=True)))


def _more_delicate(before: Mapping[str, Value], spec: ServiceSpec) -> bool:
    exposed = spec.exposure is Exposure.PUBLIC and before.get("exposure") != Exposure.PUBLIC
    holds = spec.data_class not in (None, DataClass.INTERNAL) and before.get("data_class") != spec.data_class
    return exposed or holds


async def _desire(
    change: Change,
    transaction: Transaction,
    wanted: Sequence[tuple[Saved, ServiceSpec]],
    before: Mapping[str, Mapping[str, Value]],
) -> dict[str, dict[str, Value]]:
    wishes = []
    moved: dict[str, dict[str, Value]] = {}
    for saved, spec in wanted:
        if spec.version is None:
            continue
        try:
            id, digest = versions.identify(saved.id, spec.version)
        except ValueError as error:
            raise InvalidInput(str(error), spec.locate("version")) from error
        desired = before.get(saved.id, {}).get("desired_id")
        if desired != id:
            moved[saved.id] = {"before": desired, "after": id}
            wishes.append(versions.Wish(saved.id, id, digest, spec.version, first=desired is None))
    await versions.desire(change, transaction, wishes)
    return moved


async def _touch(
    change: Change,
    transaction: Transaction,
    saved: Sequence[Saved],
    moved: dict[str, dict[str, Value]],
    *,
    rewired: Collection[str],
) -> list[Saved]:
    # A service that was just created or updated has its new version and its event already.
    quiet = [one for one in saved if one.outcome is Outcome.UNCHANGED and one.id in moved]
    for batch in batches(quiet):
        await transaction.run("services/touch_services", ids=[one.id for one in batch])
    touched = {one.id: one.version + 1 for one in quiet}
    await change.record(
        transaction,
        [
            change.event(
                "updated",
                "Service",
                subject=id,
                version=version,
                data={
                    "before": {"desires": moved[id].get("before")},
                    "after": {"desires": moved[id].get("after")},
                }
                if moved[id]
                else {"before": {}, "after": {"dependencies": "changed"}},
                application_id=names.parse_service_id(id).application_id,
            )
            for id, version in touched.items()
            # What changed of an instance alone is said in an event of its own.
            if moved[id] or id in rewired
        ],
    )
    return [Saved(one.id, Outcome.UPDATED, touched[one.id]) if one.id in touched else one for one in saved]


async def _deprecate(
    change: Change, transaction: Transaction, wanted: Sequence[tuple[Saved, ServiceSpec]]
) -> list[Saved]:
    about = {
        saved.id: (versions.version_id(saved.id, spec.version), spec.deprecated)
        for saved, spec in wanted
        if spec.version is not None and spec.deprecated is not None
    }
    said = await versions.deprecate(change, transaction, dict(about.values())) if about else set()
    return [
        # The version has changed, and not the service: its own version stays.
        Saved(one.id, Outcome.UPDATED, one.version)
        if one.outcome is Outcome.UNCHANGED and one.id in about and about[one.id][0] in said
        else one
        for one, _ in wanted
    ]


async def save_service(change: Change, spec: ServiceSpec, *, saving: Saving) -> str:
    """Create or update one service and return its id.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied, Forbidden.
    """

    async def work(transaction: Transaction) -> str:
        return (await save_all(change, transaction, [spec], saving=saving))[0].id

    return await change.commit(f"{saving}_service", work)


async def create_version(change: Change, service_id: str, spec: VersionSpec) -> str:
    """Create a version of a service and let the service desire it; the same content gives the same version.

    Returns the version's id. Raises NotFound, InvalidInput, Forbidden.
    """
    parsed = place(service_id, field="service")
    wanted = ServiceSpec(application_id=parsed.application_id, name=parsed.name, version=spec)

    async def work(transaction: Transaction) -> str:
        await save_all(change, transaction, [wanted], saving=Saving.UPDATE)
        return versions.version_id(service_id, spec)

    return await change.commit("create_version", work)
