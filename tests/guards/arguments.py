"""Values for the parameters of every statement, so that it finds something in the graph of `one_of_each.cypher`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from app.transactions import Value
from cypher import Statement
from tests.guards.patterns import fields

OWN_MARK = "own"

# By the folder of the statement: the node that `id` and `ids` stand for.
_IDS: Mapping[str, str] = {
    "applications": "shop/boutique",
    "declared": "shop",
    "drift": "shop@staging",
    "environments": "shop@staging",
    "graph": "shop/boutique/cart",
    "impact": "shop/boutique/cart",
    "migrations_ledger": "0000_seed",
    "operations": "operation-1",
    "plans": "plan-1",
    "policies": "policy:pinned-images",
    "runs": "run-1",
    "schedules": "shop/boutique/schedules/nightly",
    "services": "shop/boutique/cart",
    "templates": "shop/boutique/cart",
    "versions": "shop/boutique/cart:v1",
}

# By the name of the parameter, or of the key in a row.
_VALUES: Mapping[str, Value] = {
    "acting": ["shop/boutique/cart"],
    "action": "create",
    "actor": "user:admin",
    "about": "plan-1",
    "after": 0,
    "at": None,
    "after_environment": "",
    "after_key": "",
    "after_ms": 7,
    "asked_for": "request-1",
    "after_service": "",
    "answer": "written",
    "application_id": "shop/boutique",
    "approval": "required",
    "approval_reasons": [],
    "application_ids": ["shop/boutique"],
    "args": [],
    "attempt": 1,
    "before": [],
    "blocked": 0,
    "by": "user:admin",
    "category": None,
    "change": "delete",
    "change_set": "operation-2",
    "checksum": "written",
    "command": [],
    "comment": "written",
    "correlation_id": None,
    "cost_change": 0.0,
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
    "edges": [
        {"type": "CONTAINS", "outgoing": True, "label": "Application"},
        {"type": "OWNS", "outgoing": False, "label": "Team"},
    ],
    "enforcement": "deny",
    "environment": [],
    "environment_id": "shop@staging",
    "environment_ids": ["shop@staging"],
    "drifted": True,
    "error": None,
    "every_seconds": 300,
    "expected": ["image=written"],
    "everywhere": "super-admin",
    "failed": 0,
    "fence": 1,
    "fingerprint": "written",
    "fields": ["description"],
    "finished_ms": 2,
    "first": 0,
    "genesis": "written",
    "hash": "written",
    "from": ["required"],
    "gone": [],
    "head": "written",
    "heals": 2,
    "held_ms": 5,
    "hours": 24,
    "image": "written",
    "impact": 1,
    "impact_digest": "written",
    "inputs": [],
    "irreversible": None,
    "key": "shop/boutique/cart@staging",
    "kind": "hard",
    "kinds": ["Workload"],
    "label": "Project",
    "lease_ms": 1000,
    "leaving": [],
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
    "observed": ["image=other"],
    "on_failure": "stop",
    "operation": "operation-2",
    "operation_name": "report_run",
    "outputs": [],
    "outgoing": True,
    "owner": f"owner-{OWN_MARK}",
    "parent_label": "Team",
    "parent_type": "OWNS",
    "password_hash": "written",
    "path": [],
    "path_edges": [],
    "patience_ms": 1,
    "plan_id": "plan-1",
    "after_application": "",
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
    "project_ids": ["shop"],
    "promotes_to": "shop@production",
    "provider": "echo",
    "excepted": [],
    "exception_id": "exception-2",
    "expires_at": datetime(2098, 1, 1, tzinfo=UTC),
    "days": 30,
    "node_id": "shop/boutique/cart",
    "policy_id": "policy:pinned-images",
    "place": "shop/boutique/cart shop@production",
    "excepted_count": 0,
    "inputs_hash": "written",
    "links": [],
    "parameters": [],
    "point": "plan",
    "policy_version": "written",
    "reads": 1,
    "subject_count": 1,
    "subjects": ["shop/boutique/cart"],
    "verdict": "allow",
    "version": 1,
    "reason": None,
    "repeated_id": "run-1",
    "replaces": 0,
    "replicas": 1,
    "role": "admin",
    "roles": ["admin"],
    "run_id": "run-1",
    "sensitive": [],
    "seq": 2,
    "service_id": "shop/boutique/checkout",
    "service_name": "written",
    "skipped": 0,
    "stage": "staging",
    "start": "",
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
    "template_id": "template:web",
    "total": 1,
    "type": "service.updated",
    "type_prefix": None,
    "unknown": [],
    "until": 10,
    "updates": 0,
    "user_id": "user:admin",
    "user_name": "admin",
    "within": "shop/boutique/",
    "version_id": "shop/boutique/cart:v1",
    "again": False,
    "last_ms": 1,
    "last_problem": None,
    "last_run_id": None,
    "next_ms": 2,
    "now_ms": 10,
    "reckoned_for": "written",
    "until_ms": 5,
    "confirm_after": None,
    "priority": 0,
    "confirmed": False,
    "warnings": [],
    "waiting_for": [],
    "waiting_on": [],
    "wave": 0,
    "workload": "{}",
    "waves": 1,
}

# An event's draft, column by column.
_DRAFT: list[Value] = ["event-3", "service.updated", "graph", "info", "shop/boutique/cart", "Service", 2, "user:admin"]
_DRAFT += ["request-2", "operation-2", "shop/boutique", None, "written", "{}"]

# A plan's step, column by column.
_STEP: list[Value] = ["step-3", "shop/boutique/cart@staging", 2, 1, "update", "Workload", "shop/boutique/cart", "cart"]
_STEP += ["shop/boutique/cart:v1", "example/cart:v1", "echo", None, [], [], [], [], [], [], None, None, None, [], []]

# Where the name alone does not say it.
_SPECIAL: Mapping[tuple[str, str], Value] = {
    ("declared/create_nodes", "rows"): [
        {"id": "shop-new", "name": "shop-new", "parent_id": "team:platform", "properties": {"description": "written"}}
    ],
    ("declared/delete_nodes", "ids"): ["shop/boutique/cart"],
    ("declared/follow_edges", "rows"): [
        ["shop", "shop", "CONTAINS", True, "Application"],
        ["shop", "shop", "OWNS", False, "Team"],
    ],
    ("declared/link_nodes", "label"): "Service",
    ("declared/link_nodes", "rows"): [["shop", "shop/boutique/cart"]],
    ("declared/link_nodes", "type"): "CONTAINS",
    ("declared/release_nodes", "ids"): ["shop/boutique/cart"],
    ("declared/release_nodes", "label"): "Service",
    ("declared/release_nodes", "type"): "DEPENDS_ON",
    ("declared/unlink_nodes", "rows"): [["shop", "shop/boutique"]],
    ("declared/unlink_nodes", "type"): "CONTAINS",
    ("declared/update_nodes", "rows"): [{"id": "shop", "properties": {"description": "written"}}],
    ("drift/ask_environment", "asked_for"): "request-2",
    ("drift/claim_due", "until_ms"): 6,
    ("drift/claim_due", "providers"): ["echo-own"],
    ("drift/list_healable", "environment_id"): "shop@production",
    ("drift/lock_drifted", "id"): "shop/boutique/cart@staging",
    ("drift/record_healing", "ids"): ["shop/boutique/cart@staging"],
    ("drift/record_findings", "environment_id"): "shop@production",
    ("drift/renew_claim", "until_ms"): 6,
    ("events/append_events", "events"): [_DRAFT],
    ("events/find_waiting_logs", "among"): None,
    ("events/number_events", "entries"): [["event-2", 2, "written", "written"]],
    ("events/settle_pending", "known"): ["event-1"],
    ("graph/read_scope", "id"): "shop",
    ("graph/read_deployed", "ids"): ["shop/boutique/cart"],
    ("graph/read_planned", "plan_id"): None,
    ("impact/list_owners", "ids"): ["shop"],
    ("plans/create_plan", "irreversible"): 1,
    ("plans/create_plan", "state"): "ready",
    ("plans/ask_approvers", "ids"): ["user:admin"],
    ("plans/read_touched", "ids"): ["shop/boutique/cart"],
    ("plans/record_touched", "ids"): ["shop/boutique/cart"],
    ("plans/create_steps", "rows"): [[*_STEP, 1]],
    ("plans/create_deletes", "rows"): [_STEP],
    ("plans/record_decision", "id"): "approval-3",
    ("plans/record_decision", "verdict"): "granted",
    ("plans/keep_approval", "digest"): f"digest-{OWN_MARK}",
    ("plans/keep_approval", "created_by"): "user:somebody-else",
    ("plans/link_steps", "rows"): [["step-2", ["step-1"]]],
    ("plans/record_reads", "rows"): [["shop/boutique/checkout", 1]],
    ("runs/create_run", "correlation_id"): "request-2",
    ("runs/create_chosen_step_runs", "rows"): [["record-3", "shop/boutique/cart@staging"]],
    ("runs/create_step_runs", "ids"): ["record-2", "record-3"],
    ("runs/find_answer", "id"): "operation-1",
    ("runs/read_outputs", "ids"): ["shop/boutique/cart@staging"],
    ("runs/park_run", "waiting_for"): ["person:1"],
    ("runs/record_report", "id"): "run-1",
    ("runs/record_report", "steps"): [
        {"id": "record-1", "properties": {"state": "running"}, "started_ms": 1, "finished_ms": None}
    ],
    ("runs/record_report", "deployments"): [
        {
            "id": "shop/boutique/cart@staging",
            "service_id": "shop/boutique/cart",
            "service_name": "cart",
            "kind": "Workload",
            "provider": "echo",
            "depends_on": [],
            "version_id": "shop/boutique/cart:v1",
            "status": "succeeded",
            "message": "",
            "outputs": [],
            "inputs": [],
        }
    ],
    ("runs/remove_deployments", "ids"): ["shop/boutique/cart@staging"],
    ("manifests/count_manifests", "starts"): ["", "", "", "", ""],
    ("manifests/count_manifests", "ends"): ["~", "~", "~", "~", "~"],
    ("manifests/export_applications", "until"): "~",
    ("manifests/export_environments", "until"): "~",
    ("manifests/export_projects", "until"): "~",
    ("manifests/export_services", "until"): "~",
    ("manifests/export_templates", "until"): "~",
    ("policies/owner-required/findings", "application_id"): "lonely/app",
    ("policies/lapse_exceptions", "at"): "2099-01-02T00:00:00Z",
    ("policies/forget_decisions", "most"): 10,
    ("policies/record_violations", "rows"): [
        {
            "id": "violation-2",
            "policy": "pinned-images",
            "clause": "latest",
            "subject": "shop/boutique/cart",
            "enforcement": "deny",
            "message": "written",
            "path": [],
            "path_edges": [],
        }
    ],
    ("policies/resolve_violations", "ids"): [],
    ("policies/resolve_violations", "place"): "shop@production",
    ("policies/list_exposed", "services"): ["shop/boutique/cart"],
    ("schedules/claim_due", "until_ms"): 6,
    ("services/create_dependencies", "rows"): [["shop/boutique/checkout", [["shop/boutique/cart", "hard"]]]],
    ("services/remove_dependencies", "rows"): [["shop/boutique/checkout", "shop/boutique/cart"]],
    ("services/update_dependencies", "rows"): [["shop/boutique/checkout", "shop/boutique/cart", "soft"]],
    ("templates/create_versions", "id"): "template:web:1.1",
    ("templates/find_versions", "ids"): ["template:web:1.0"],
    ("templates/read_versions", "rows"): [["template:web", "template:web:1.0"]],
    ("templates/set_instances", "rows"): [["shop/boutique/cart", "template:web:1.0", "{}"]],
    ("tenants/create_tenant", "providers"): [{"name": "echo", "kinds": ["Database"]}],
    ("versions/create_versions", "first"): False,
    ("versions/deprecate_versions", "rows"): [["shop/boutique/cart:v1", False]],
    ("versions/desire_versions", "rows"): [["shop/boutique/cart", "shop/boutique/cart:v1"]],
}
_ROWS = {"rows": "row"}
_PLANNED: Value = [
    {"service_id": service, "version_id": f"{service}:{version}", "changes": True, "edge": "DESIRES"}
    for service, version in (("shop/boutique/cart", "v1"), ("shop/boutique/checkout", "v2"))
]
_POLICY: Mapping[str, Value] = {
    "edges": [{"service_id": "shop/boutique/cart", "target_id": "shop/other/billing"}],
    "environment_id": "shop@production",
    "stages": ["production"],
    "planned": _PLANNED,
    "services": ["shop/boutique/cart"],
    "classes": ["personal"],
    "least": 2,
    "at": "2030-01-01T00:00:00Z",
}


def _value(statement: Statement, name: str) -> Value:
    folder, _, verb = statement.name.rpartition("/")
    if (statement.name, name) in _SPECIAL:
        return _SPECIAL[statement.name, name]
    if folder.startswith("policies/"):
        if name == "most":
            return 0
        if name in _POLICY:
            return _POLICY[name]
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
