"""Values for the parameters of every statement, so that it finds something in the graph of `one_of_each.cypher`."""

from __future__ import annotations

from collections.abc import Mapping

from app.graph import Value
from cypher import Statement
from tests.guards.patterns import fields

OWN_MARK = "own"

# By the folder of the statement: the node that `id` and `ids` stand for.
_IDS: Mapping[str, str] = {
    "applications": "shop/boutique",
    "environments": "shop@staging",
    "migrations_ledger": "0000_seed",
    "operations": "operation-1",
    "plans": "plan-1",
    "policies": "policy:pinned-images",
    "projects": "shop",
    "runs": "run-1",
    "services": "shop/boutique/cart",
    "versions": "shop/boutique/cart:v1",
}

# By the name of the parameter, or of the key in a row.
_VALUES: Mapping[str, Value] = {
    "acting": ["shop/boutique/cart"],
    "action": "create",
    "actor": "user:admin",
    "after": 0,
    "after_environment": "",
    "after_service": "",
    "answer": "written",
    "application_id": "shop/boutique",
    "args": [],
    "attempt": 1,
    "before": [],
    "blocked": 0,
    "category": None,
    "change_set": "operation-2",
    "checksum": "written",
    "command": [],
    "correlation_id": None,
    "cpu_limit": None,
    "cpu_request": None,
    "created_by": "user:admin",
    "creates": 1,
    "data": "{}",
    "deadline_seconds": 60,
    "deletes": 0,
    "depends_on": [],
    "description": "written",
    "digest": "written",
    "duration_ms": 1,
    "edge_limit": 100,
    "enforcement": "deny",
    "environment": [],
    "environment_id": "shop@staging",
    "error": None,
    "failed": 0,
    "fence": 1,
    "fingerprint": "written",
    "finished_ms": 2,
    "first": 0,
    "genesis": "written",
    "hash": "written",
    "head": "written",
    "hours": 24,
    "image": "written",
    "key": "shop/boutique/cart@staging",
    "kind": "hard",
    "kinds": ["Workload"],
    "lease_ms": 1000,
    "level": "info",
    "levels": None,
    "limit": 100,
    "mark": "applied",
    "memory_limit": None,
    "memory_request": None,
    "message": "written",
    "most": 10,
    "name": "admin",
    "namespace": "written",
    "no_ops": 0,
    "on_failure": "stop",
    "operation": "operation-2",
    "outputs": [],
    "owner": f"owner-{OWN_MARK}",
    "password_hash": "written",
    "path": [],
    "path_edges": [],
    "patience_ms": 1,
    "plan_id": "plan-1",
    "points": ["plan"],
    "policy": None,
    "ports": [],
    "position": 7,
    "previous_hash": "written",
    "previous_provider": None,
    "probe_kind": None,
    "probe_path": None,
    "probe_port": None,
    "project_id": "shop",
    "promotes_to": "shop@production",
    "provider": "echo",
    "reads": 1,
    "reason": None,
    "replaces": 0,
    "replicas": 1,
    "role": "admin",
    "run_id": "run-1",
    "seq": 2,
    "service_id": "shop/boutique/checkout",
    "service_name": "written",
    "skipped": 0,
    "stage": "staging",
    "started_ms": 1,
    "state": "succeeded",
    "status": "failed",
    "subject": None,
    "subject_label": "Service",
    "subject_version": 2,
    "succeeded": 0,
    "target_id": "shop/boutique/cart",
    "team_id": "team:platform",
    "team_name": "platform",
    "total": 1,
    "type": "service.updated",
    "type_prefix": None,
    "until": 10,
    "updates": 0,
    "user_id": "user:admin",
    "user_name": "admin",
    "version_id": "shop/boutique/cart:v1",
    "warnings": [],
    "waiting_for": [],
    "wave": 0,
    "waves": 1,
}

# Where the name alone does not say it.
_SPECIAL: Mapping[tuple[str, str], Value] = {
    ("events/append_events", "subject"): "shop/boutique/cart",
    ("events/append_events", "id"): "event-3",
    ("events/number_events", "entries"): [{"id": "event-2", "seq": 2, "hash": "written", "previous_hash": "written"}],
    ("events/settle_pending", "known"): ["event-1"],
    ("plans/create_plan", "state"): "ready",
    ("plans/create_steps", "id"): "step-3",
    ("plans/link_steps", "rows"): [["step-2", "step-1"]],
    ("plans/record_reads", "rows"): [["shop/boutique/checkout", 1]],
    ("runs/create_run", "correlation_id"): "request-2",
    ("runs/create_step_runs", "ids"): ["record-2", "record-3"],
    ("runs/find_answer", "id"): "operation-1",
    ("runs/record_deployments", "id"): "shop/boutique/cart@staging",
    ("runs/record_deployments", "service_id"): "shop/boutique/cart",
    ("runs/record_deployments", "kind"): "Workload",
    ("runs/end_steps", "id"): "record-1",
    ("runs/mark_steps", "ids"): ["record-1"],
    ("runs/note_steps", "id"): "record-1",
    ("runs/remove_deployments", "ids"): ["shop/boutique/cart@staging"],
    ("services/save_dependencies", "kind"): "soft",
    ("tenants/create_tenant", "providers"): [{"name": "echo", "kinds": ["Database"]}],
    ("versions/desire_versions", "service_id"): "shop/boutique/cart",
}
_ROWS = {"rows": "row", "events": "draft"}
_DEPENDENCY: Value = [{"service_id": "shop/boutique/cart", "target_id": "shop/other/billing"}]


def _value(statement: Statement, name: str) -> Value:
    folder, _, verb = statement.name.rpartition("/")
    if (statement.name, name) in _SPECIAL:
        return _SPECIAL[statement.name, name]
    if folder.startswith("policies/"):
        if name == "edges":
            return _DEPENDENCY
        if name == "environment_id":
            return "shop@production"
    creates = verb.startswith(("create_", "record_"))
    if name == "id" and folder in _IDS:
        return f"{_IDS[folder]}-new" if creates else _IDS[folder]
    if name == "ids" and folder in _IDS:
        return [_IDS[folder]]
    if name in _ROWS:
        row = _ROWS[name]
        return [{key: _value(statement, key) for key in sorted(fields(statement.text, row))}]
    if name not in _VALUES:
        raise LookupError(f"{statement.name}: say a value for {name} in tests/guards/arguments.py")
    return _VALUES[name]


def arguments(statement: Statement) -> dict[str, Value]:
    """A value for each parameter but the tenant. Raises LookupError for a parameter nobody has thought of yet."""
    return {name: _value(statement, name) for name in sorted(statement.parameters - {"tenant"})}
