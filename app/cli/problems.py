"""The server's problems as a command's failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.cli.answers import PathNode, Problem, Violation
from app.cli.failures import Complaint, NotSignedIn, Position, Refused


@dataclass(frozen=True, slots=True)
class Blame:
    """What a problem's field is to the user: its name, and its place where it was written in a file."""

    field: str
    position: Position | None = None


def refuse(problems: Sequence[Problem], what: str, *, blame: Callable[[str], Blame] = Blame) -> None:
    """Return where there is no problem; raises Refused with all of them otherwise, NotSignedIn where that is one.

    `what` says in a few words what was refused ("shop/boutique cannot be deployed"); `blame` says what a problem's
    field is to the user.
    """
    if not problems:
        return
    for problem in problems:
        if problem.code == "UNAUTHENTICATED":
            raise NotSignedIn(f"{what}: {problem.message}")
    complaints = tuple(complaint(problem, blame=blame) for problem in problems)
    codes = {problem.code for problem in problems}
    if len(complaints) == 1 and complaints[0].position is None:
        what = f"{what}: {complaints[0].message}"
    raise Refused(what, codes.pop() if len(codes) == 1 else "PROBLEMS", complaints=complaints)


def complaint(problem: Problem, *, blame: Callable[[str], Blame] = Blame) -> Complaint:
    """One problem, with the paths and ids that explain it as further lines."""
    details = [line for violation in problem.violations for line in _violation(violation, problem.message)]
    details += [f"used by {dependent}" for dependent in problem.dependents]
    details += [f"changed since: {node}" for node in problem.moved]
    details += [reason for reason in problem.reasons if reason not in problem.message]
    details += [f"to agree to it, somebody else: trellis approve {problem.plan}"] if problem.plan else []
    blamed = blame(problem.field) if problem.field else None
    return Complaint(
        problem.code,
        problem.message,
        blamed.field if blamed else None,
        blamed.position if blamed else None,
        tuple(details),
    )


def path_text(nodes: Sequence[PathNode], edges: Sequence[str]) -> str:
    """A path as people read it: `Service shop/boutique/cart -DEPENDS_ON-> Service shop/boutique/redis`."""
    text = ""
    for position, node in enumerate(nodes):
        if position:
            text += f" -{edges[position - 1]}-> " if position <= len(edges) else ", "
        text += f"{node.label} {node.id}"
    return text


def _violation(violation: Violation, said: str) -> list[str]:
    lines = [] if violation.message == said else [violation.message]
    path = path_text(violation.nodes, violation.edges)
    said_so = f", decision {violation.decision}" if violation.decision else ""
    return [f"policy {violation.policy}{said_so}", *lines, *([path] if path else [])]
