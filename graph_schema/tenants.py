"""Teams and the people in them."""

from datetime import datetime

from strawberry import ID

from app.domain.access import Role as Role
from app.projection.model import Order
from graph_schema.declaration import Rule, incoming, many, node, outgoing, stored
from graph_schema.stored import described

described(
    Role,
    "What a person is in a team, from the most to the least powerful.",
    {
        Role.SUPER_ADMIN: "May do everything, in every team.",
        Role.ADMIN: "May do everything in the team.",
        Role.DEVELOPER: "May change what the team owns, and deploy it.",
        Role.VIEWER: "May look.",
    },
)
MEMBERSHIP = {"role": stored(Role, "What the person is in the team.")}


@node("Team")
class Team:
    """People who own projects together."""

    id = stored(ID, "Its id.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name.")
    members = many(
        "User", incoming("MEMBER_OF"), "Who is in it.", name="TeamMember", properties=MEMBERSHIP, order=(Order("id"),)
    )
    projects = many("projects.Project", outgoing("OWNS"), "What it owns.", on_delete=Rule.RESTRICT)


@node("User")
class User:
    """A person who signs in."""

    id = stored(ID, "The person's id.")
    version = stored(int, "Counts the changes, from 1.")
    created_at = stored(datetime, "When the person was added.")
    updated_at = stored(datetime, "When the person was last changed.")
    name = stored(str, "The name to sign in with.")
    plans_to_approve = many(
        "plans.Plan",
        outgoing("MAY_APPROVE"),
        "The plans that the person was asked to decide on, newest first.",
        order=(Order("id", descending=True),),
    )
    teams = many("Team", outgoing("MEMBER_OF"), "The teams the person is in.", name="UserTeam", properties=MEMBERSHIP)
