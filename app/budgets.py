"""What each caller may spend a minute, kept in Redis so that it holds over all processes of the API.

A budget is a bucket: it holds a minute's worth, and fills up evenly. A process takes a little more out of it than one
request needs and spends the rest by itself, so that a small request seldom asks Redis; what it took and did not spend
within LEASE_SECONDS is lost, so that never more is spent than the bucket gave. Where Redis does not answer, each
process keeps a bucket of its own: a caller then has at most the budget a process, neither none nor no end of it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.broker import answering
from app.ports import Clock

KEPT = 10_000
"""Callers whose spending a process remembers at most."""
LEASE_SECONDS = 10.0
AT_ONCE = 500
"""A process takes at least this part of the budget at a time."""
REDIS_SECONDS = 0.5
"""How long a request waits for Redis before the process counts by itself."""
DEGRADED_SECONDS = 5.0
"""How long Redis is left alone after it did not answer."""

_TAKE = """
local size, now, cost, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(kept[1]) or size, tonumber(kept[2]) or now
if now > at then
  left = left + (now - at) * size / 60
  at = now
end
left = math.min(size, left)
local taken = 0
if left >= cost then
  taken = math.min(left, math.max(cost, wanted))
end
left = left - taken
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left), 'at', string.format('%.3f', at))
redis.call('EXPIRE', KEYS[1], 120)
return {string.format('%.3f', taken), string.format('%.3f', left)}
"""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("trellis.budgets")


class Exhausted(Exception):
    """The caller has spent the minute's budget; `seconds` is when it suffices for this request again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"spent for {seconds:.1f} seconds")
        self.seconds = seconds


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True)
class _Lease:
    """What a process may still spend until then, and what was left in the bucket when it was taken."""

    amount: float
    until: float
    left: float


class Budgets:
    """The minute's budgets of all callers; `minute` is how much each may spend."""

    def __init__(self, redis: Redis, clock: Clock, *, minute: int) -> None:
        self.minute = minute
        self._redis = redis
        self._clock = clock
        self._take = redis.register_script(_TAKE)
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._own: OrderedDict[str, _Bucket] = OrderedDict()
        self._degraded_until = 0.0

    def spend(self, who: str, cost: int) -> bool:
        """Spend from what this process has taken out already; says whether that sufficed."""
        lease = self._leases.get(who)
        if lease is None or lease.amount < cost or lease.until < self._clock.monotonic():
            return False
        lease.amount -= cost
        return True

    async def take(self, who: str, cost: int, *, size: int | None = None) -> None:
        """Spend. `size` is the caller's budget where it is another one. Raises Exhausted."""
        if self.spend(who, cost):
            return
        size = size or self.minute
        taken, left = await self._taken(who, cost, size)
        if taken < cost:
            raise Exhausted((cost - left) * 60 / size)
        self._leases[who] = _Lease(taken - cost, self._clock.monotonic() + LEASE_SECONDS, left)
        self._leases.move_to_end(who)
        if len(self._leases) > KEPT:
            self._leases.popitem(last=False)

    def left(self, who: str) -> int:
        """What the caller can still spend at once, as far as this process knows."""
        lease = self._leases.get(who)
        return self.minute if lease is None else int(lease.left + max(0.0, lease.amount))

    async def _taken(self, who: str, cost: int, size: int) -> tuple[float, float]:
        wanted = max(cost, size // AT_ONCE)
        now = self._clock.now().timestamp()
        if self._degraded_until <= self._clock.monotonic():
            try:
                async with answering(REDIS_SECONDS):
                    found = await self._take(keys=[f"trellis:budget:{who}"], args=[size, now, cost, wanted])
                taken, left = cast("list[bytes]", found)
                return float(taken), float(left)
            except (RedisError, OSError) as error:
                self._degraded_until = self._clock.monotonic() + DEGRADED_SECONDS
                _log.warning("budgets.degraded", error=repr(error))
        return self._taken_here(who, cost, size, now)

    def _taken_here(self, who: str, cost: int, size: int, now: float) -> tuple[float, float]:
        bucket = self._own.setdefault(who, _Bucket(size, now))
        self._own.move_to_end(who)
        if len(self._own) > KEPT:
            self._own.popitem(last=False)
        if now > bucket.at:
            bucket.left, bucket.at = min(size, bucket.left + (now - bucket.at) * size / 60), now
        taken = cost if bucket.left >= cost else 0
        bucket.left -= taken
        return taken, bucket.left
