"""What a resolver is given: who asks, and the parts of the application it may use."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.access import Actor
from app.domain.sessions import SignIn
from app.errors import Unauthenticated
from app.event_hub import EventHub
from app.graph import Graph
from app.ids import Ids
from app.ports import Clock, Doorbell, JobQueue


@dataclass(frozen=True, slots=True)
class Application:
    """The parts that live as long as the process."""

    graph: Graph
    clock: Clock
    ids: Ids
    doorbell: Doorbell
    queue: JobQueue
    sign_in: SignIn
    default_provider: str
    events: EventHub


@dataclass(frozen=True, slots=True)
class Context:
    """One operation's context: made anew for each, also on a socket."""

    application: Application
    actor: Actor | None
    request_id: str

    def signed_in(self) -> Actor:
        """Who asks. Raises Unauthenticated where nobody signed in."""
        if self.actor is None:
            raise Unauthenticated("sign in first: send a bearer token")
        return self.actor
