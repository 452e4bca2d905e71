"""Signing in."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.errors import Refusal
from graph_schema.mutations.answers import Asked, mutation
from graph_schema.problems import Problem, problems_of
from graph_schema.weights import SIGNING_IN


@strawberry.input(description="Name and password.")
class LoginInput:
    """Name and password."""

    name: str = strawberry.field(description="The user's name.")
    password: str = strawberry.field(description="The user's password.")


@strawberry.type(description="Who signed in.")
class SignedIn:
    """Who signed in."""

    id: strawberry.ID = strawberry.field(description="The user's id.")
    name: str = strawberry.field(description="The user's name.")
    role: str = strawberry.field(description="The user's role.")


@strawberry.type(description="A bearer token, or why there is none.")
class LoginPayload:
    """A bearer token, or why there is none."""

    token: str | None = strawberry.field(description="Goes into the Authorization header as Bearer; keep it safe.")
    expires_at: datetime | None = strawberry.field(description="When the token stops being valid.")
    user: SignedIn | None = strawberry.field(description="Who signed in.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type
class SessionMutations:
    """Signing in."""

    @mutation(description="Sign in with name and password; the only operation that needs no token.", weight=SIGNING_IN)
    async def login(
        self, info: Asked, input: Annotated[LoginInput, strawberry.argument(description="Name and password.")]
    ) -> LoginPayload:
        """Sign in with name and password."""
        try:
            issued = await info.context.application.sign_in.login(input.name, input.password)
        except Refusal as refusal:
            return LoginPayload(token=None, expires_at=None, user=None, problems=problems_of(refusal))
        actor = issued.session.actor
        return LoginPayload(
            token=issued.token,
            expires_at=issued.session.expires_at,
            user=SignedIn(id=strawberry.ID(actor.id), name=actor.name, role=actor.role.value),
            problems=[],
        )
