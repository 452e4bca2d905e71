"""Projects: what a team owns together."""

from datetime import datetime

from strawberry import ID

from graph_schema.declaration import Rule, Write, incoming, many, node, one, outgoing, stored


@node("Project", key="{name}")
class Project:
    """A product with its applications and the environments they run in."""

    id = stored(ID, "Its name, which is unique in the tenant.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name: a DNS label; it becomes the id.", indexed=True)
    description = stored(str, "What it is for.", optional=True, write=Write.ALWAYS, default="")
    team = one("tenants.Team", incoming("OWNS"), "Who owns it.", optional=True, fixed="team:platform")
    applications = many(
        "applications.Application", outgoing("CONTAINS"), "What it is made of.", on_delete=Rule.RESTRICT
    )
    environments = many(
        "environments.Environment", outgoing("HAS_ENVIRONMENT"), "Where it runs.", on_delete=Rule.RESTRICT
    )
