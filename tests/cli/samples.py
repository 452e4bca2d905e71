"""Answers as the server gives them, for tests that need a certain one."""

from __future__ import annotations

from pydantic import JsonValue

NOW = "2026-11-21T12:00:00Z"


def problem(code: str, message: str, field: str | None = None, **more: JsonValue) -> JsonValue:
    """Why something was refused."""
    return {"code": code, "message": message, "field": field, **more}


def page(*nodes: JsonValue, more: str | None = None) -> JsonValue:
    """A page; `more` is its end cursor where another follows."""
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": more is not None, "endCursor": more}}


def plan(state: str = "READY", **fields: JsonValue) -> dict[str, JsonValue]:
    """A plan without its steps."""
    counts: dict[str, JsonValue] = {"creates": 1, "updates": 1, "replaces": 0, "deletes": 0, "noOps": 1, "blocked": 0}
    return {
        "id": "plan-1",
        "digest": "0123456789abcdef",
        "state": state,
        "applicationId": "shop/boutique",
        "environmentId": "shop@production",
        "provider": "echo",
        "warnings": [],
        "irreversible": 0,
        "impact": 0,
        "approval": "NONE",
        "approvalReasons": [],
        "costChange": 0.0,
        **counts,
        **fields,
    }


def field_change(field: str, before: str | None, after: str | None, **more: JsonValue) -> JsonValue:
    """A field that a step changes."""
    return {"field": field, "before": before, "after": after, "sensitive": False, "unknown": None, **more}


def plan_step(
    name: str, action: str, *, wave: int = 1, requires: tuple[str, ...] = (), **fields: JsonValue
) -> JsonValue:
    """A step of a plan."""
    return {
        "key": f"shop/boutique/{name}@production",
        "position": 0,
        "wave": wave,
        "action": action,
        "serviceId": f"shop/boutique/{name}",
        "serviceName": name,
        "image": f"example/{name}:1",
        "changes": [],
        "irreversible": None,
        "policy": None,
        "reason": None,
        "path": [],
        "pathEdges": [],
        "waitingOn": [f"shop/boutique/{one}" for one in requires],
        **fields,
    }


def run(state: str = "QUEUED", **fields: JsonValue) -> dict[str, JsonValue]:
    """A run of two steps."""
    return {
        "id": "run-1",
        "applicationId": "shop/boutique",
        "environmentId": "shop@production",
        "planId": "plan-1",
        "state": state,
        "onFailure": "STOP",
        "createdBy": "admin",
        "createdAt": NOW,
        "startedAt": None,
        "finishedAt": None,
        "correlationId": "request-1",
        "total": 2,
        "succeeded": 0,
        "failed": 0,
        "skipped": 0,
        "error": None,
        "waitingFor": None,
        **fields,
    }
