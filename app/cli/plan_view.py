"""A plan as people read it: what would change, in which order, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from app.cli.output import clean
from app.cli.plan_answers import FieldChange, Plan, PlanStep, ProposedPlan
from app.cli.tables import count, table

STYLES = {
    "CREATE": "green",
    "UPDATE": "yellow",
    "REPLACE": "yellow",
    "DELETE": "red",
    "NO_OP": "dim",
    "BLOCKED": "bold red",
}

MOST_NAMED = 10
"""Of the services that a step waits on, so many are named."""


def action_word(action: str) -> str:
    """An action as people write it: `no-op`, `create`."""
    return action.lower().replace("_", "-")


def changes(step: PlanStep) -> str:
    """What a step changes, field by field: `image: a → b, replicas: 1 → 3`; for a new service only its image."""
    if step.action == "NO_OP":
        return ""
    if step.changes and all(one.before is None for one in step.changes):
        new = next((one.after for one in step.changes if one.field == "image"), None) or step.image
        return ", ".join([*([f"image: {new}"] if new else []), *(_change(one) for one in step.changes if one.unknown)])
    if step.changes and all(one.after is None and one.unknown is None for one in step.changes):
        return "".join(f"image: {one.before} →" for one in step.changes if one.field == "image")
    return ", ".join(_change(one) for one in step.changes)


def _change(one: FieldChange) -> str:
    before, after = ("(none)" if value is None else value for value in (one.before, one.after))
    if one.unknown is not None:
        return f"{one.field}: {'' if one.before is None else f'{before} → '}({one.unknown.reason})"
    if one.sensitive and one.before is not None and one.after is not None:
        return f"{one.field}: {before} changes"
    return f"{one.field}: {before} → {after}"


def plan_table(steps: Sequence[PlanStep]) -> RenderableType:
    """All steps in their order; below the table which cannot be undone, and why the blocked ones are."""
    view = table("WAVE", "ACTION", "SERVICE", "CHANGE", "AFTER", right={"WAVE"})
    for step in steps:
        view.add_row(
            str(step.wave),
            Text(action_word(step.action), STYLES.get(step.action, "")),
            clean(step.service_name),
            clean(changes(step)),
            _requires(step),
        )
    blocked = [_reason(step) for step in steps if step.action == "BLOCKED"]
    final = [
        Text.assemble(("cannot be undone ", "bold yellow"), (clean(step.service_name), "bold"), ": ", clean(reason))
        for step in steps
        if (reason := step.irreversible)
    ]
    return Group(view, *final, *blocked)


def totals(plan: ProposedPlan) -> str:
    """The plan in one line: `11 to create, 1 to update, 0 to delete, 3 unchanged`."""
    text = f"{plan.creates} to create, {plan.updates} to update, "
    text += f"{plan.replaces} to replace, " if plan.replaces else ""
    text += f"{plan.deletes} to delete, {plan.no_ops} unchanged"
    return f"{text}, {plan.blocked} blocked" if plan.blocked else text


def impact_line(plan: ProposedPlan) -> str:
    """How far the plan reaches beyond its application; empty where it does not."""
    if not plan.impact:
        return ""
    needs = "needs" if plan.impact == 1 else "need"
    return f"{count(plan.impact, 'service')} of other applications {needs} what it changes"


def approval_line(plan: ProposedPlan) -> str:
    """Whether somebody has to agree to the plan, why, and what became of that; empty where nobody has to."""
    if plan.approval in (None, "NONE"):
        return ""
    why = f" ({'; '.join(clean(reason) for reason in plan.approval_reasons or ())})"
    return {
        "REQUIRED": f"needs an approval by somebody else{why}"
        + (f": trellis approve {plan.id}" if isinstance(plan, Plan) else ""),
        "GRANTED": f"approved{why}",
        "REJECTED": f"rejected{why}",
    }[str(plan.approval)]


def _requires(step: PlanStep) -> str:
    names = [clean(id.rpartition("/")[2]) for id in step.waiting_on or ()]
    return ", ".join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])])


def _reason(step: PlanStep) -> Text:
    text = Text.assemble(
        ("blocked ", "bold red"), (clean(step.service_name), "bold"), ": ", clean(step.reason or "no reason was given")
    )
    if step.policy:
        text.append(f"\n  policy {clean(step.policy)}", "dim")
    if step.path:
        text.append(f"\n  path   {_path(step)}", "dim")
    return text


def _path(step: PlanStep) -> str:
    edges = [f" -{clean(edge)}-> " for edge in step.path_edges] + [", "] * len(step.path)
    return "".join(edges[number - 1] * bool(number) + clean(node) for number, node in enumerate(step.path))
