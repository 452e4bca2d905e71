"""Which providers there are, and how each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workers.providers.contract import Provider


class ProviderUnknown(Exception):
    """No provider of that name is configured in this worker; the message says which are."""


class ProviderRegistry:
    """Providers by name, made at first use and kept until `aclose`.

    A factory may raise: that is reported to the step that asked, and tried again by the next one.
    """

    def __init__(self, factories: Mapping[str, Callable[[], Provider]]) -> None:
        self._factories = dict(factories)
        self._made: dict[str, Provider] = {}

    def get(self, name: str) -> Provider:
        """The provider of that name. Raises ProviderUnknown, and whatever its factory raises."""
        made = self._made.get(name)
        if made is None:
            factory = self._factories.get(name)
            if factory is None:
                known = ", ".join(sorted(self._factories)) or "none"
                raise ProviderUnknown(f"provider {name} is not configured in this worker (configured: {known})")
            made = self._made[name] = factory()
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what is configured, sorted."""
        return tuple(sorted(self._factories))

    async def aclose(self) -> None:
        """Close every provider that was made."""
        made = list(self._made.values())
        self._made.clear()
        for provider in made:
            await provider.aclose()
