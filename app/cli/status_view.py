"""What runs where, service by service."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from app.cli.listings import ServiceStatus
from app.cli.tables import cell, state, table

NEVER = "not deployed"


def status_table(found: Sequence[ServiceStatus]) -> Table:
    """Services in environments, one a line; a version that waits to be deployed stands beside the one that runs."""
    view = table("SERVICE", "ENVIRONMENT", "STATUS", "RUNS", "NEXT", "DEPLOYED", "MESSAGE")
    for one in found:
        view.add_row(
            cell(one.service),
            cell(one.environment),
            state(one.status or NEVER),
            cell(one.version_name),
            "" if one.is_current else cell(_version_name(one.desired_version)),
            cell(one.deployed_at),
            cell(one.message),
        )
    return view


def _version_name(version: str | None) -> str | None:
    return version.rpartition(":")[2] if version else None
