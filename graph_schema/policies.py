"""Policies: what is checked before a change or a deployment."""

from datetime import datetime

from strawberry import ID

from app.domain.policies import Enforcement as Enforcement
from app.domain.policies import Point as Point
from graph_schema.declaration import node, stored
from graph_schema.stored import described

described(
    Enforcement,
    "What a finding of a policy does.",
    {
        Enforcement.DENY: "Refuses the change, or blocks the step.",
        Enforcement.WARN: "Is said, and nothing more.",
        Enforcement.DRY_RUN: "Is counted, and nothing more.",
    },
)
described(
    Point,
    "When a policy is checked.",
    {
        Point.DEPENDENCY: "When a dependency is added.",
        Point.PLAN: "When a plan is made.",
    },
)


@node("Policy")
class Policy:
    """A rule about the graph, checked before a change or a deployment."""

    id = stored(ID, "Its id.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was added.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name.")
    description = stored(str, "What it asks for, and why.")
    enforcement = stored(Enforcement, "What a finding does.")
    points = stored(Point, "When it is checked.", many=True)
