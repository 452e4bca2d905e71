"""Why a step, or a run, waits: one line a reason in the graph, and what it means to people.

A line is `kind:detail`. Steps that have to come first are the most, and stand as their keys alone, which hold no colon.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WaitKind(StrEnum):
    """What something waits for."""

    STEP = "step"
    WORKER = "worker"
    LIMIT = "limit"
    PAUSED = "paused"
    PERSON = "person"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something waits: the kind, a sentence for people, and what or who it is about where there is one."""

    kind: WaitKind
    text: str
    subject: str | None = None


def line(kind: WaitKind, detail: str = "") -> str:
    """The reason as the graph holds it."""
    return detail if kind is WaitKind.STEP else f"{kind}:{detail}"


def shown(stored: str) -> dict[str, str | None]:
    """What a line means, as callers of the API see it. Raises ValueError for one that nothing wrote."""
    reason = explain(stored)
    return {"kind": reason.kind.name, "text": reason.text, "subject": reason.subject}


def explain(stored: str) -> Reason:
    """What a line means. Raises ValueError for one that nothing wrote."""
    name, found, detail = stored.partition(":")
    if not found:
        return Reason(WaitKind.STEP, f"{stored} has to come first", stored)
    kind = WaitKind(name)
    match kind:
        case WaitKind.WORKER:
            return Reason(kind, "no worker has taken the run up yet")
        case WaitKind.LIMIT:
            return Reason(kind, f"as many steps as may be are at work on {detail}", detail)
        case WaitKind.PAUSED:
            return Reason(kind, f"the run was paused by {detail}" if detail else "the run is paused", detail or None)
        case WaitKind.PERSON:
            return Reason(kind, f"someone has to confirm what comes after wave {detail}", detail)
        case WaitKind.BREAKER:
            return Reason(kind, f"{detail} does not answer: nothing new begins there for a while", detail)
        case WaitKind.STEP:
            return Reason(kind, f"{detail} has to come first", detail)
