"""Templates, and their versions: what services can be instances of."""

from datetime import datetime

from strawberry import ID
from strawberry.scalars import JSON

from app.domain.kinds import at_most, matching
from app.domain.manifest_fields import ICON
from app.domain.names import LABEL_PATTERN, SLUG_PATTERN
from app.domain.templates.templates import check_tags
from graph_schema.declaration import Rule, Write, incoming, many, node, one, outgoing, stored


@node("Template", key="template:{name}")
class Template:
    """Something that an organisation offers: services are instances of one of its versions."""

    id = stored(ID, "Its id: `template:` and its name.")
    version = stored(int, "Counts its changes, from 1; a version that is added is none.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name: a DNS label, unique in the tenant.", indexed=True)
    title = stored(
        str, "What people read instead of its name.", optional=True, write=Write.ALWAYS, checks=(at_most(200),)
    )
    description = stored(str, "What it is for.", optional=True, write=Write.ALWAYS, default="")
    icon = stored(
        str,
        "Its picture: the name of one, or where it is, as an https address.",
        optional=True,
        write=Write.ALWAYS,
        checks=(matching(ICON, "a name of lower-case letters, digits and hyphens, or an https address"),),
    )
    category = stored(
        str,
        "What it is offered under, such as `web`: lower-case letters, digits and hyphens.",
        optional=True,
        write=Write.ALWAYS,
        checks=(matching(SLUG_PATTERN, "a word of lower-case letters, digits and hyphens"),),
        indexed=True,
    )
    tags = stored(
        str,
        "Words that it can be found by: at most twenty.",
        many=True,
        write=Write.ALWAYS,
        default=[],
        checks=(check_tags,),
    )
    team = one("tenants.Team", incoming("OFFERS"), "Who offers it.", optional=True, fixed="team:platform")
    versions = many("TemplateVersion", outgoing("HAS_VERSION"), "All its versions.", on_delete=Rule.CASCADE)


@node("TemplateVersion", key="{template}:{name}", named=LABEL_PATTERN)
class TemplateVersion:
    """What a template asks for and makes at one time; a version never changes, and a new one changes no service."""

    id = stored(ID, "Its id: `template:name:version`.")
    version = stored(int, "Counts its changes, from 1: it can be deprecated.")
    created_at = stored(datetime, "When it was created.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its label, unique in the template.")
    digest = stored(str, "The SHA-256 of what it holds, in hexadecimal.", told=True)
    deprecated = stored(
        bool, "Whether services are not to be instances of it any more.", optional=True, write=Write.ALWAYS
    )
    inputs = stored(JSON, "What a service's configuration may say: a JSON Schema of an object.", filterable=False)
    outputs = stored(
        JSON, "What a service of it says once it is deployed: a JSON Schema of an object, or empty.", filterable=False
    )
    workload = stored(
        JSON, "What runs: a service's workload with placeholders such as `${inputs.image}`.", filterable=False
    )
    template = one("Template", incoming("HAS_VERSION"), "The template that it is a version of.")
    services = many(
        "services.Service", incoming("INSTANCE_OF"), "The services that are instances of it.", on_delete=Rule.RESTRICT
    )
