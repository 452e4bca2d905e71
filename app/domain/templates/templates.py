"""Templates and their versions: what administrators offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from pydantic import JsonValue

from app.domain import declared, idempotency
from app.domain.access import Action, can, require
from app.domain.changes import Change, Outcome, Saved, Saving, Wanted, batches, named, refuse, save
from app.domain.manifest_fields import MOST_TAGS
from app.domain.names import is_slug, template_version_id
from app.domain.rows import listed, texts
from app.domain.templates.content import TemplateContent
from app.errors import Conflict, Forbidden, InvalidInput, NotFound, Refusal
from app.transactions import Transaction, Value


def check_tags(value: Value) -> None:
    """Raise ValueError where these are not at most twenty different words."""
    words = listed(value)
    if len(words) > MOST_TAGS:
        raise ValueError(f"at most {MOST_TAGS} are taken, not {len(words)}")
    for word in words:
        if not is_slug(str(word)):
            raise ValueError(
                f"{str(word)[:80]!r} will not do: words of lower-case letters, digits and hyphens are needed"
            )
    if len(set(map(str, words))) != len(words):
        raise ValueError("the same word is said twice")


@dataclass(frozen=True, slots=True)
class VersionSpec:
    """A version as it should be; `deprecated` None leaves it as it is. `locate` is of the version's own fields."""

    label: str
    content: TemplateContent
    deprecated: bool | None = None
    locate: Callable[[str], str] = named


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A template as it should be, with those of its versions that are said: others stay."""

    name: str
    values: Mapping[str, Value]
    versions: tuple[VersionSpec, ...] = ()
    locate: Callable[[str], str] = field(default=named)


async def save_all(change: Change, transaction: Transaction, specs: Sequence[TemplateSpec]) -> list[Saved]:
    """Save templates with versions within a transaction; what is as it should be already is left alone.

    Raises InvalidInput, Conflict where a version holds something else already, and Forbidden where something had to be
    changed by somebody who is no administrator.
    """
    if not specs:
        return []
    kind = change.kinds["Template"]
    wanted = [declared.new(kind, name=one.name, values=one.values, locate=one.locate) for one in specs]
    saved = await save(change, transaction, "Template", wanted=wanted, saving=Saving.UPSERT)
    versions = [(one.id, version) for one, spec in zip(saved, specs, strict=True) for version in spec.versions]
    touched = await _save_versions(change, transaction, versions, creating=False)
    if not can(change.actor, Action.ADMINISTER) and (
        touched or any(one.outcome is not Outcome.UNCHANGED for one in saved)
    ):
        raise Forbidden(f"{change.actor.name} ({change.actor.role}) may not {Action.ADMINISTER}: templates are changed")
    return [
        # A version was added or deprecated, and the template itself has not changed: its own version stays.
        Saved(one.id, Outcome.UPDATED, one.version) if one.outcome is Outcome.UNCHANGED and one.id in touched else one
        for one in saved
    ]


async def create_version(
    change: Change, template: str, spec: VersionSpec, *, idempotency_key: str | None = None
) -> str:
    """Add a version to a template and return its id; services stay instances of what they are instances of.

    Raises NotFound (the template), InvalidInput, Conflict (exists already; the key was used for something else),
    Forbidden.
    """
    require(change.actor, Action.ADMINISTER)
    content = [template, spec.label, spec.content.digest]
    request = idempotency.request(change.actor, "create_template_version", idempotency_key, content=content)

    async def work(transaction: Transaction) -> str:
        answer = None if request is None else await request.answered(transaction)
        if answer is not None:
            return answer
        await _save_versions(change, transaction, [(template, spec)], creating=True)
        id = template_version_id(template, spec.label)
        if request is not None:
            await request.keep(transaction, id)
        return id

    return await change.commit("create_template_version", work, action=Action.ADMINISTER)


async def _save_versions(
    change: Change, transaction: Transaction, wanted: Sequence[tuple[str, VersionSpec]], *, creating: bool
) -> set[str]:
    """Create those versions that do not exist, and return the ids of the templates of which one changed."""
    ids, problems = [], list[Refusal]()
    for template, spec in wanted:
        try:
            ids.append(template_version_id(template, spec.label))
        except ValueError as error:
            problems.append(InvalidInput(str(error), spec.locate("version")))
    refuse(problems)
    there: dict[str, str] = {}
    for batch in batches(ids):
        rows = await transaction.run("templates/find_versions", ids=list(batch))
        there.update((str(row["id"]), str(row["digest"])) for row in rows)
    missing = []
    for id, (template, spec) in zip(ids, wanted, strict=True):
        if id not in there:
            missing.append((id, template, spec))
        elif creating or there[id] != spec.content.digest:
            reason = "exists already" if creating else "holds something else already: give it another version"
            problems.append(Conflict(f"TemplateVersion {id} {reason}", spec.locate("version")))
    refuse(problems)
    await _create(change, transaction, missing)
    said = [
        Wanted(id, spec.label, {"deprecated": spec.deprecated}, locate=spec.locate)
        for id, (_, spec) in zip(ids, wanted, strict=True)
        if spec.deprecated is not None and (id in there or spec.deprecated)
    ]
    saved = await save(change, transaction, "TemplateVersion", wanted=said, saving=Saving.UPDATE) if said else []
    changed = {one.id for one in saved if one.outcome is not Outcome.UNCHANGED} | {id for id, _, _ in missing}
    return {template for id, (template, _) in zip(ids, wanted, strict=True) if id in changed}


async def _create(change: Change, transaction: Transaction, wanted: Sequence[tuple[str, str, VersionSpec]]) -> None:
    for batch in batches(wanted):
        rows = await transaction.run(
            "templates/create_versions", rows=[_row(id, template, spec) for id, template, spec in batch]
        )
        made = set(texts(rows[0]["ids"]))
        refuse(
            [
                NotFound(f"there is no Template {template}", spec.locate("template"))
                for id, template, spec in batch
                if id not in made
            ]
        )
    await change.record(
        transaction,
        [
            change.event(
                "created",
                "TemplateVersion",
                subject=id,
                version=1,
                # A workload can hold what somebody put there by mistake: events say what is held by its digest only.
                data={"before": None, "after": {"digest": spec.content.digest}},
            )
            for id, _, spec in wanted
        ],
    )


def _row(id: str, template: str, spec: VersionSpec) -> dict[str, Value]:
    content = spec.content
    return {
        "id": id,
        "template_id": template,
        "name": spec.label,
        "digest": content.digest,
        "inputs": kept(content.inputs),
        "outputs": kept(content.outputs),
        "workload": kept(content.workload),
    }


def kept(content: Mapping[str, JsonValue]) -> str:
    """A mapping as it is kept: JSON, in the order in which it was written."""
    return orjson.dumps(dict(content)).decode()
