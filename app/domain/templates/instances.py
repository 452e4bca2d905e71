"""Services as instances of templates: their configuration is checked, and becomes the workload that they are to run.

What a service is an instance of, and its configuration, belong to the service and not to the version that it desires: a
version is known by what runs, and two configurations of which the same comes are the same version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from pydantic import JsonValue

from app.domain import names
from app.domain.changes import Change, batches, named, refuse
from app.domain.manifest_validation import field_name
from app.domain.rows import texts
from app.domain.templates import placeholders, schemas, templates
from app.domain.templates.schemas import Schema, Validator
from app.domain.version_input import workload_spec
from app.domain.versions import VersionSpec
from app.errors import Conflict, InvalidInput, NotFound, Refusal
from app.transactions import Transaction, Value

AT_ONCE: Final = 100
"""Services that are rendered before others have a turn."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What a service is to be an instance of; what is None is left as it is.

    `version_id` is a template version's, `label` what the service's own version is called: from the image if left out.
    `locate` knows `template`, `template_version`, `configuration` and `version`.
    """

    version_id: str | None
    configuration: Mapping[str, JsonValue] | None
    label: str | None = None
    locate: Callable[[str], str] = named


@dataclass(frozen=True, slots=True)
class Held:
    """What a service is an instance of, and the configuration as it is kept."""

    version_id: str
    configuration: str


@dataclass(frozen=True, slots=True)
class Made:
    """What came of instances: by the service's id the version to run, and what to keep of it."""

    versions: Mapping[str, VersionSpec] = field(default_factory=dict)
    instances: Mapping[str, Held] = field(default_factory=dict)
    before: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Template:
    """A template version, ready to check configurations and to make workloads."""

    workload: Schema
    validator: Validator


async def make(
    transaction: Transaction,
    wanted: Mapping[str, Instance],
    *,
    own: Sequence[str] = (),
    before: Mapping[str, Mapping[str, Value]],
) -> Made:
    """Check configurations and render workloads, a statement for a thousand services; `wanted` is by service id.

    `own` are services that are to run a workload of their own, `before` is what a lock said of all. Raises InvalidInput
    and NotFound, all problems at once.
    """
    kept = [id for id in [*wanted, *own] if before.get(id, {}).get("configuration") is not None]
    held: dict[str, Held] = {}
    for batch in batches(sorted(kept)):
        rows = await transaction.run("templates/list_instances", ids=list(batch))
        held.update((str(row["id"]), Held(str(row["version_id"]), str(row["configuration"]))) for row in rows)
    if not wanted:
        return Made(before=held)
    problems: list[Refusal] = []
    for id, one in wanted.items():
        if one.version_id is None and id not in held:
            problems.append(
                InvalidInput(f"{id} is an instance of no template yet: say of which", one.locate("template"))
            )
    refuse(problems)
    named_ids = {id: one.version_id or held[id].version_id for id, one in wanted.items()}
    found = await _read(transaction, {named_ids[id]: wanted[id] for id in reversed(list(wanted))})
    made: dict[str, VersionSpec] = {}
    instances: dict[str, Held] = {}
    for count, (id, one) in enumerate(wanted.items(), start=1):
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
        configuration = one.configuration
        if configuration is None:
            configuration = orjson.loads(held[id].configuration) if id in held else {}
        version, refusals = _rendered(found[named_ids[id]], one, configuration)
        problems += refusals
        if version is not None:
            made[id] = version
            instances[id] = Held(named_ids[id], templates.kept(configuration))
    refuse(problems[: schemas.MOST_FAULTS])
    return Made(made, instances, held)


async def _read(transaction: Transaction, wanted: Mapping[str, Instance]) -> dict[str, _Template]:
    """The template versions of these ids; each with an instance that names it, for problems."""
    found: dict[str, _Template] = {}
    problems: list[Refusal] = []
    for batch in batches([[id.rpartition(":")[0], id] for id in sorted(wanted)]):
        for row in await transaction.run("templates/read_versions", rows=list(batch)):
            id = str(row["id"])
            named_version = names.parse_template_version_id(id)
            name, label = named_version.template, named_version.label
            if row["workload"] is not None:
                found[id] = _Template(orjson.loads(str(row["workload"])), Validator(orjson.loads(str(row["inputs"]))))
            elif row["template_found"]:
                problems.append(
                    NotFound(f"the template {name} has no version {label}", wanted[id].locate("template_version"))
                )
            else:
                problems.append(NotFound(f"there is no template {name}", wanted[id].locate("template")))
    refuse(problems)
    return found


def _rendered(
    template: _Template, wanted: Instance, configuration: Mapping[str, JsonValue]
) -> tuple[VersionSpec | None, list[Refusal]]:
    place = wanted.locate("configuration")
    faults = schemas.measured(dict(configuration))
    if not faults:
        filled = template.validator.filled(configuration)
        faults = template.validator.faults(filled)
    if faults:
        return None, [_problem(place, field_name(("configuration", *one.path)), one) for one in faults]
    workload = placeholders.render(dict(template.workload), filled)
    if not isinstance(workload, dict):
        raise TypeError("a workload was rendered as something else")
    version, misfits = workload_spec(workload, label=wanted.label)
    return version, [
        InvalidInput(f"the template makes no workload of it that can run: {field_name(one.path)} {one.message}", place)
        for one in misfits
    ]


def _problem(place: str, written: str, fault: schemas.Fault) -> InvalidInput:
    below = written.removeprefix("configuration")
    return InvalidInput(f"{written} {fault.message}", f"{place}{below}")


async def keep(change: Change, transaction: Transaction, made: Made, *, own: Sequence[str]) -> dict[str, Held | None]:
    """Make services instances of what was made of them, and end what those that run workloads of their own were.

    Returns what changed, by id. Raises Conflict where a template version was deleted at the same time.
    """
    changed = [id for id, one in made.instances.items() if made.before.get(id) != one]
    for batch in batches(changed):
        rows: list[list[Value]] = [
            [id, made.instances[id].version_id, made.instances[id].configuration] for id in batch
        ]
        found = set(texts((await transaction.run("templates/set_instances", rows=rows))[0]["ids"]))
        gone = [id for id in batch if id not in found]
        if gone:
            raise Conflict(f"{made.instances[gone[0]].version_id} was deleted at the same time; try again")
    ended = [id for id in own if id in made.before]
    for batch in batches(ended):
        await transaction.run("templates/end_instances", ids=list(batch))
    return {**{id: made.instances[id] for id in changed}, **dict.fromkeys(ended)}


async def record(
    change: Change,
    transaction: Transaction,
    changed: Mapping[str, Held | None],
    *,
    made: Made,
    versions: Mapping[str, int],
) -> None:
    """Record what became of instances, at the versions that the services have now; values of inputs are not said."""
    await change.record(
        transaction,
        [
            change.event(
                "configured",
                "Service",
                subject=id,
                version=versions[id],
                data=_said(made.before.get(id), now),
                application_id=names.parse_service_id(id).application_id,
            )
            for id, now in changed.items()
        ],
    )


def _said(before: Held | None, now: Held | None) -> Mapping[str, Value]:
    old, new = _inputs(before), _inputs(now)
    fields: list[Value] = [
        name for name in sorted({*old, *new}) if (name in old, old.get(name)) != (name in new, new.get(name))
    ]
    return {
        "before": {"template": None if before is None else before.version_id},
        "after": {"template": None if now is None else now.version_id},
        "inputs": fields,
    }


def _inputs(held: Held | None) -> Mapping[str, JsonValue]:
    found = {} if held is None else orjson.loads(held.configuration)
    return found if isinstance(found, dict) else {}
