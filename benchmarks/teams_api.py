"""The API under a rule that has to be looked up: nodes are seen by the members of the teams that own their project.

    python -m benchmarks.teams_api      (settings as the API's own)

It is what the dearest rule costs: a path from every node of every hop to who asks, walked each time.
"""

from __future__ import annotations

from collections.abc import Mapping

import uvloop

from app.main import serve
from app.projection.model import NodeType
from app.settings import load
from app.telemetry import configure_logs

_TO_PROJECT: Mapping[str, str] = {
    "Project": "",
    "Environment": "<-[:HAS_ENVIRONMENT]-(:Project)",
    "Application": "<-[:CONTAINS]-(:Project)",
    "Service": "<-[:HAS_SERVICE]-(:Application)<-[:CONTAINS]-(:Project)",
    "Deployment": "-[:IN]->(:Environment)<-[:HAS_ENVIRONMENT]-(:Project)",
}


def by_team(type: NodeType, variable: str) -> str:
    """Seen by the members of the teams that own the project it belongs to; what belongs to none is seen by all."""
    if type.name not in _TO_PROJECT:
        return ""
    member = "<-[:OWNS]-(:Team)<-[:MEMBER_OF]-(:User {tenant: $tenant, id: $actor})"
    return f"EXISTS {{ ({variable}){_TO_PROJECT[type.name]}{member} }}"


if __name__ == "__main__":
    settings = load()
    configure_logs(form=settings.log_format, level=settings.log_level, service="api")
    uvloop.run(serve(settings, guard=by_team))
