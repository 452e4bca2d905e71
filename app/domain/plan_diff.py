"""Two plans side by side: steps that only one has, and steps that differ, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.plan_changes import FieldChange, changes_of
from app.domain.plan_steps import StepAction
from app.domain.rows import listed, texts
from app.errors import NotFound
from app.transactions import Reader, Value


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """A step as it is compared: its key, whose it is, what it does, and all it says as flat texts."""

    key: str
    service_name: str
    action: StepAction
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that the same step has otherwise in the two plans; None where one does not say it."""

    field: str
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A step that is not the same in two plans: an action is None where a plan has no such step."""

    key: str
    service_name: str
    action_a: StepAction | None
    action_b: StepAction | None
    fields: tuple[FieldDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """What two plans say otherwise, by key; plans of the same digest say the same."""

    digest_a: str
    digest_b: str
    steps: tuple[StepDifference, ...]

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.digest_a == self.digest_b

    @property
    def only_in_a(self) -> int:
        """How many steps only the first has."""
        return sum(1 for step in self.steps if step.action_b is None)

    @property
    def only_in_b(self) -> int:
        """How many steps only the second has."""
        return sum(1 for step in self.steps if step.action_a is None)

    @property
    def differing(self) -> int:
        """How many steps both have, and not the same."""
        return len(self.steps) - self.only_in_a - self.only_in_b


async def diff_plans(reader: Reader, a: str, b: str) -> PlanDiff:
    """Compare two stored plans: one statement each. Raises NotFound."""
    digest_a, steps_a = await _read(reader, a, "a")
    digest_b, steps_b = await _read(reader, b, "b")
    return PlanDiff(digest_a, digest_b, compare(steps_a, steps_b))


def compare(a: Iterable[ComparedStep], b: Iterable[ComparedStep]) -> tuple[StepDifference, ...]:
    """The steps that are not the same, by key; takes time in proportion to the steps, but for sorting them."""
    before, after = {step.key: step for step in a}, {step.key: step for step in b}
    found = []
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None:
            fields = tuple(
                FieldDifference(name, one.says.get(name), other.says.get(name))
                for name in sorted({*one.says, *other.says})
                if one.says.get(name) != other.says.get(name)
            )
            if fields:
                found.append(StepDifference(key, one.service_name, one.action, other.action, fields))
        elif one is not None:
            found.append(StepDifference(key, one.service_name, one.action, None))
        elif other is not None:
            found.append(StepDifference(key, other.service_name, None, other.action))
    return tuple(found)


def change_text(change: FieldChange) -> str:
    """A change as one text: `1 → 3`."""
    before, after = ("(none)" if value is None else value for value in (change.before, change.after))
    return f"{before} → {after if change.unknown is None else f'({change.unknown.reason})'}"


async def _read(reader: Reader, id: str, field: str) -> tuple[str, list[ComparedStep]]:
    rows = await reader.run("plans/read_steps", id=id)
    if not rows:
        raise NotFound(f"there is no Plan {id[:100]!r}", field)
    return str(rows[0]["digest"]), [_step(one) for one in listed(rows[0]["steps"])]


def _step(row: Value) -> ComparedStep:
    key, name, action, wave, provider, version, policy, reason, waiting, *lines = listed(row)
    says = {
        "action": action,
        "wave": wave,
        "provider": provider,
        "version": version,
        "policy": policy,
        "reason": reason,
        "waitingOn": ", ".join(sorted(texts(waiting))) or None,
    }
    flat = {name: str(value) for name, value in says.items() if value is not None}
    before, after, sensitive, unknown = (texts(each) for each in lines)
    flat |= {f"changes.{one.field}": change_text(one) for one in changes_of(before, after, sensitive, unknown)}
    return ComparedStep(str(key), str(name), StepAction(str(action)), flat)
