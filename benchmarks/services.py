"""An application of many services in layers, each needing some of the layer before it, as a platform's would."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.servers import Tenant
from tests.platform import SHOP, Platform, service

APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Layers:
    """How many layers of how many services, and how many of the layer before each needs (at most all of it)."""

    count: int = 10
    width: int = 100
    needs: int = 3

    @property
    def services(self) -> int:
        """How many services there are in all."""
        return self.count * self.width

    def graph(self) -> Mapping[str, tuple[str, ...]]:
        """The names of all services, each with those it needs: drawn at random, the same ones every time."""
        chance = random.Random(1)
        return {
            _name(layer, place): tuple(
                sorted(_name(layer - 1, other) for other in chance.sample(range(self.width), self.needs))
            )
            if layer
            else ()
            for layer in range(self.count)
            for place in range(self.width)
        }


def _name(layer: int, place: int) -> str:
    return f"layer{layer:02d}-service{place:03d}"


async def apply_layers(owner: Tenant, layers: Layers) -> Platform:
    """Put the application into the tenant through manifests, as users do."""
    platform = Platform(owner.graph, owner.name)
    await platform.apply(*SHOP)
    manifests: list[JsonValue] = [service(name, needs=needs) for name, needs in layers.graph().items()]
    # A layer needs those before it alone, so that parts can be applied one after the other.
    for start in range(0, len(manifests), AT_ONCE):
        await platform.apply(*manifests[start : start + AT_ONCE])
    return platform
