"""Which events someone wants to see."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.events import Category, Level
from app.domain.recorded_events import RecordedEvent

_RISING = tuple(Level)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What an event must be to be shown; what is None does not matter, an application names exactly one, and so on.

    `type_prefix` is the beginning of a type (`run.` shows all of runs), `minimum_level` the least level, `text` a part
    of the message, the type or the subject, in any case.
    """

    type_prefix: str | None = None
    category: Category | None = None
    minimum_level: Level | None = None
    subject: str | None = None
    application_id: str | None = None
    environment_id: str | None = None
    correlation_id: str | None = None
    text: str | None = None

    def levels(self) -> tuple[Level, ...] | None:
        """All levels that pass; None where every one does."""
        return None if self.minimum_level is None else _RISING[_RISING.index(self.minimum_level) :]

    def matches(self, event: RecordedEvent) -> bool:
        """Whether the event is to be shown."""
        return (
            (self.type_prefix is None or event.type.startswith(self.type_prefix))
            and (self.category is None or event.category == self.category)
            and (self.minimum_level is None or event.level in (self.levels() or ()))
            and (self.subject is None or event.subject == self.subject)
            and (self.application_id is None or event.application_id == self.application_id)
            and (self.environment_id is None or event.environment_id == self.environment_id)
            and (self.correlation_id is None or event.correlation_id == self.correlation_id)
            and (self.text is None or self._holds_text(event))
        )

    def _holds_text(self, event: RecordedEvent) -> bool:
        wanted = (self.text or "").casefold()
        return any(wanted in value.casefold() for value in (event.message, event.type, event.subject))


EVERYTHING = EventFilter()
