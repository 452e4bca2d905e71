"""Signing in, and tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.domain.access import Action, Actor, Role, can
from app.domain.sessions import Passwords, SignIn, Tokens
from app.domain.tenants import ensure_tenant
from app.errors import InvalidInput, Unauthenticated
from app.graph import Graph
from tests.clocks import HandClock

KEY = "k" * 32
ACTOR = Actor("user:admin", "default", "admin", Role.SUPER_ADMIN)


def test_a_token_says_who_signed_in_until_it_expires() -> None:
    # given
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    tokens = Tokens(KEY, clock=clock, lifetime=timedelta(hours=1))
    issued = tokens.issue(ACTOR)
    # when
    clock.advance(3599)
    session = tokens.verify(issued.token)
    clock.advance(1)
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(issued.token)
    # then
    assert session.actor == ACTOR
    assert session.expires_at == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert refused.value.message == "the token is not valid, or has expired: sign in again"


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "tenant", "role", "name", "exp", "iat"])
def test_a_token_that_lacks_a_claim_is_refused(missing: str) -> None:
    # given
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    claims = {
        "iss": "trellis", "aud": "trellis", "sub": "user:admin", "name": "admin", "role": "admin", "tenant": "default",
        "iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 60,
    }  # fmt: skip
    key = OctKey.import_key(KEY.encode())
    tokens = Tokens(KEY, clock=clock)
    assert tokens.verify(jwt.encode({"alg": "HS256"}, claims, key)).actor.id == "user:admin"
    del claims[missing]
    # when
    with pytest.raises(Unauthenticated):
        tokens.verify(jwt.encode({"alg": "HS256"}, claims, key))


def test_tokens_of_another_key_or_without_signature_are_refused() -> None:
    # given
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    foreign = Tokens("x" * 32, clock=clock).issue(ACTOR).token
    unsigned = "eyJhbGciOiJub25lIn0." + foreign.split(".")[1] + "."
    # then
    for token in (foreign, unsigned, "", "a", "a.b.c", foreign + "x"):
        with pytest.raises(Unauthenticated):
            Tokens(KEY, clock=clock).verify(token)


def test_a_token_that_was_verified_is_not_decoded_again_and_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a place for one token, and a count of what is decoded
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    tokens = Tokens(KEY, clock=clock, lifetime=timedelta(seconds=10), kept=1)
    decoded: list[str] = []
    decode = jwt.decode

    def counted(value: str, key: OctKey, algorithms: list[str]) -> jwt.Token:
        decoded.append(value)
        return decode(value, key, algorithms=algorithms)

    monkeypatch.setattr(jwt, "decode", counted)
    one, other = tokens.issue(ACTOR).token, tokens.issue(replace(ACTOR, id="user:other")).token
    # when
    who = [tokens.verify(each).actor.id for each in (one, one, other, other, one)]
    for forged in (one[:-1], one + "x"):
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                tokens.verify(forged)
    # then each is looked at when it is new or was forgotten, and what is refused is never remembered
    assert who == ["user:admin", "user:admin", "user:other", "user:other", "user:admin"]
    assert decoded == [one, other, one, one[:-1], one[:-1], one + "x", one + "x"]
    # when its time has come
    clock.advance(10)
    with pytest.raises(Unauthenticated):
        tokens.verify(one)
    # then it is refused without being decoded
    assert len(decoded) == 7


def test_a_short_signing_key_is_refused() -> None:
    # then
    with pytest.raises(ValueError, match="fewer than 32 bytes"):
        Tokens("short", clock=HandClock(datetime(2026, 1, 1, tzinfo=UTC)))


async def test_signing_in_needs_the_right_name_and_password(graph: Graph, tenant: str) -> None:
    # given
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    sign_in = SignIn(graph, Passwords(memory_kib=1024), Tokens(KEY, clock=clock), tenant)
    # when
    issued = await sign_in.login("admin", "correct horse battery")
    # then
    assert sign_in.authenticate(issued.token).actor == Actor("user:admin", tenant, "admin", Role.SUPER_ADMIN)
    for name, password in (("admin", "wrong"), ("nobody", "correct horse battery"), ("", "")):
        with pytest.raises(Unauthenticated) as refused:
            await sign_in.login(name, password)
        assert refused.value.message == "name or password is wrong"


async def test_a_second_start_keeps_user_and_password(graph: Graph, tenant: str) -> None:
    # given
    passwords = Passwords(memory_kib=1024)
    before = await graph.read("tenants/find_user", tenant, name="admin")
    # when
    again = await ensure_tenant(graph, tenant, passwords=passwords, password="another password", providers={})
    # then
    assert (again.created, again.password) == (False, None)
    assert await graph.read("tenants/find_user", tenant, name="admin") == before


async def test_a_first_start_without_a_password_generates_one(graph: Graph, tenant: str) -> None:
    # given
    fresh, passwords = tenant + "-b", Passwords(memory_kib=1024)
    # when
    made = await ensure_tenant(graph, fresh, passwords=passwords, password=None, providers={})
    # then
    assert made.password is not None
    assert len(made.password) == 24
    assert made.password not in repr(made)
    [row] = await graph.read("tenants/find_user", fresh, name="admin")
    assert await passwords.matches(str(row["password_hash"]), made.password)


@pytest.mark.parametrize("password", ["short", "x" * 257])
async def test_passwords_that_are_too_short_or_long_are_refused(password: str) -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        await Passwords(memory_kib=1024).hash(password)
    # then
    assert refused.value.message == "a password has 12 to 256 characters"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.SUPER_ADMIN, set(Action)),
        (Role.ADMIN, set(Action)),
        (Role.DEVELOPER, {Action.READ, Action.CHANGE, Action.DEPLOY, Action.INTROSPECT}),
        (Role.VIEWER, {Action.READ}),
    ],
)
def test_each_role_may_do_exactly_this(role: Role, allowed: set[Action]) -> None:
    # given
    actor = Actor("user:x", "default", "x", role)
    # then
    assert {action for action in Action if can(actor, action)} == allowed
