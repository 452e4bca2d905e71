"""A plan as people read it: what would change, in which order, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from app.cli.answers import Plan, PlanStep
from app.cli.output import clean
from app.cli.tables import table

STYLES = {
    "CREATE": "green",
    "UPDATE": "yellow",
    "REPLACE": "yellow",
    "DELETE": "red",
    "NO_OP": "dim",
    "BLOCKED": "bold red",
}


def action_word(action: str) -> str:
    """An action as people write it: `no-op`, `create`."""
    return action.lower().replace("_", "-")


def changes(step: PlanStep) -> str:
    """What a step changes, field by field: `replicas: 1 → 3, image: a → b`; for a new service only its image."""
    if step.action == "NO_OP":
        return ""
    before, after = _fields(step.before), _fields(step.after)
    if not before:
        return f"image: {after['image']}" if "image" in after else step.image or ""
    if not after:
        return f"image: {before['image']} →" if "image" in before else ""
    changed = before | after
    return ", ".join(
        f"{name}: {before.get(name, '(none)')} → {after.get(name, '(none)')}"
        for name in changed
        if before.get(name) != after.get(name)
    )


def plan_table(steps: Sequence[PlanStep]) -> RenderableType:
    """All steps in their order, and below the table why the blocked ones are."""
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
    return Group(view, *blocked)


def totals(plan: Plan) -> str:
    """The plan in one line: `11 to create, 1 to update, 0 to delete, 3 unchanged`."""
    text = f"{plan.creates} to create, {plan.updates} to update, "
    text += f"{plan.replaces} to replace, " if plan.replaces else ""
    text += f"{plan.deletes} to delete, {plan.no_ops} unchanged"
    return f"{text}, {plan.blocked} blocked" if plan.blocked else text


def _requires(step: PlanStep) -> str:
    names = ", ".join(clean(other.service_name) for other in step.requires.nodes)
    return f"{names}, …" if step.requires.page_info.has_next_page else names


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


def _fields(pairs: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
