"""Signing in: passwords, and the tokens that stand for who signed in."""

from __future__ import annotations

import asyncio
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from app.domain.access import Actor, Role
from app.errors import InvalidInput, Unauthenticated
from app.graph import Graph
from app.ports import Clock
from app.recent import Recent

ISSUER = "trellis"
ALGORITHM = "HS256"
TEAM_ID = "team:platform"
_INVALID = "the token is not valid, or has expired: sign in again"


@dataclass(frozen=True, slots=True)
class Session:
    """Someone who is signed in, until when."""

    actor: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and whom it stands for; the token is shown to its owner only."""

    session: Session
    token: str = field(repr=False)


class Passwords:
    """Hashes and checks passwords (argon2id, 64 MiB each), a few at a time and off the event loop."""

    def __init__(self, *, at_once: int = 2, memory_kib: int = 65536) -> None:
        self._hasher = PasswordHasher(memory_cost=memory_kib)
        self._limit = asyncio.Semaphore(at_once)
        self._decoy = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to store, salted. Raises InvalidInput for a password under 12 or over 256 characters."""
        if not 12 <= len(password) <= 256:
            raise InvalidInput("a password has 12 to 256 characters", "password")
        async with self._limit:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; takes as long where there is no such user."""
        async with self._limit:
            return await asyncio.to_thread(self._matches, stored, password[:256])

    def _matches(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._decoy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


class Tokens:
    """Issues and verifies bearer tokens (JWT, HS256) with one signing key.

    `key` has at least 32 bytes; `lifetime` is how long a token lasts. The newest `kept` that were verified are
    remembered, by their digest, and are asked only whether they have expired.
    """

    def __init__(self, key: str, *, clock: Clock, lifetime: timedelta = timedelta(hours=12), kept: int = 1024) -> None:
        if len(key.encode()) < 32:
            raise ValueError("the signing key has fewer than 32 bytes")
        self._key = OctKey.import_key(key.encode())
        self._clock = clock
        self._lifetime = lifetime
        self._verified: Recent[Session] = Recent(kept)

    def issue(self, actor: Actor) -> IssuedToken:
        """A token for someone whose password was checked."""
        now = self._clock.now()
        expires = (now + self._lifetime).replace(microsecond=0)
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": actor.id,
            "name": actor.name,
            "role": actor.role.value,
            "tenant": actor.tenant,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }
        return IssuedToken(Session(actor, expires), jwt.encode({"alg": ALGORITHM}, claims, self._key))

    def verify(self, token: str) -> Session:
        """Who a token stands for. Raises Unauthenticated for anything but a valid, unexpired token of ours.

        It knows nothing of what happened to the user since: whoever revokes tokens is asked beside it.
        """
        # A lone surrogate is no part of any token of ours; it has a digest like everything else.
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        session = self._verified.get(digest, lambda: self._decoded(token))
        if session.expires_at <= self._clock.now():
            raise Unauthenticated(_INVALID)
        return session

    def _decoded(self, token: str) -> Session:
        registry = JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=0,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": ISSUER},
            sub={"essential": True},
            tenant={"essential": True},
            role={"essential": True, "values": [role.value for role in Role]},
            name={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, binascii.Error) as error:
            raise Unauthenticated(_INVALID) from error
        actor = Actor(str(claims["sub"]), str(claims["tenant"]), str(claims["name"]), Role(claims["role"]))
        return Session(actor, datetime.fromtimestamp(int(claims["exp"]), UTC))


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in needs: where users are, how passwords are checked, who issues tokens, and for which tenant."""

    graph: Graph
    passwords: Passwords
    tokens: Tokens
    tenant: str

    async def login(self, name: str, password: str) -> IssuedToken:
        """A token for the user of that name. Raises Unauthenticated without saying which of the two was wrong."""
        rows = await self.graph.read("tenants/find_user", self.tenant, name=name)
        stored = str(rows[0]["password_hash"]) if rows else None
        if not await self.passwords.matches(stored, password):
            raise Unauthenticated("name or password is wrong")
        row = rows[0]
        return self.tokens.issue(Actor(str(row["id"]), self.tenant, str(row["name"]), Role(str(row["role"]))))

    def authenticate(self, token: str) -> Session:
        """Who a bearer token stands for. Raises Unauthenticated."""
        return self.tokens.verify(token)
