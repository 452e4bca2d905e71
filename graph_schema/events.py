"""Events: the record of every change."""

from datetime import datetime

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from app.domain.event_filter import EventFilter as Wanted
from app.domain.events import Category as Category
from app.domain.events import Level as Level
from graph_schema.declaration import node, one, outgoing, stored
from graph_schema.stored import described

described(
    Category,
    "What an event is about.",
    {
        Category.GRAPH: "Something in the graph was created, changed or deleted.",
        Category.PLAN: "A plan was made.",
        Category.RUN: "A run, or a step of one, moved on.",
        Category.POLICY: "A policy was changed, or found something.",
        Category.SECURITY: "Someone signed in, or was refused.",
        Category.SYSTEM: "The installation itself.",
    },
)
described(
    Level,
    "How much an event matters to someone who watches.",
    {
        Level.DEBUG: "Only to someone who looks for a mistake.",
        Level.INFO: "In the ordinary way.",
        Level.WARNING: "It deserves a look.",
        Level.ERROR: "Something did not work.",
    },
)


@node("Event", entity=False)
class Event:
    """The record of one change, numbered without gaps and chained by hash."""

    id = stored(ID, "Its id.")
    seq = stored(int, "Its number in the tenant's log, from 1, without gaps.")
    cursor = stored(str, "Its place in the log, to pass as `after`.", property_="seq", as_text=True)
    type = stored(str, "What happened, such as `service.created` or `run.step.failed`.")
    category = stored(Category, "What it is about.")
    level = stored(Level, "How much it matters.")
    subject = stored(ID, "The id of what it is about.")
    subject_label = stored(str, "The label of what it is about, such as `Service`.")
    subject_version = stored(int, "The subject's version after the change.")
    about = one("interfaces.Node", outgoing("ABOUT"), "What it is about, while that is there.", optional=True)
    actor = stored(ID, "The id of who did it.")
    at = stored(datetime, "When it happened.")
    correlation_id = stored(ID, "What joins all events of one request or run.")
    change_set = stored(ID, "What joins all events of one transaction.")
    application_id = stored(ID, "The application it concerns.", optional=True)
    environment_id = stored(ID, "The environment it concerns.", optional=True)
    message = stored(str, "A sentence for people.")
    data = stored(JSON, "What changed: `before` and `after`, never a secret.")
    hash = stored(str, "The SHA-256 of this event and of `previousHash`, in hexadecimal.")
    previous_hash = stored(str, "The hash of the event before it.")


@strawberry.input(description="Which events to show; what is left out does not matter.")
class EventFilter:
    """Which events to show."""

    type: str | None = strawberry.field(
        default=None, description="The beginning of the type: `run.` shows all that happens in runs."
    )
    category: Category | None = strawberry.field(default=None, description="What they are about.")
    level: Level | None = strawberry.field(default=None, description="The least level.")
    subject: ID | None = strawberry.field(default=None, description="The id of what they are about.")
    application: ID | None = strawberry.field(default=None, description="The id of the application they concern.")
    environment: ID | None = strawberry.field(default=None, description="The id of the environment they concern.")
    correlation: ID | None = strawberry.field(default=None, description="What joins the events of one request or run.")
    text: str | None = strawberry.field(
        default=None, description="A part of the message, the type or the subject, in any case."
    )

    def wanted(self) -> Wanted:
        """The same, as the domain has it."""
        return Wanted(
            type_prefix=self.type,
            category=self.category,
            minimum_level=self.level,
            subject=self.subject,
            application_id=self.application,
            environment_id=self.environment,
            correlation_id=self.correlation,
            text=self.text,
        )
