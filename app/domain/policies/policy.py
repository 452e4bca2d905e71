"""What a policy is: data beside a reading statement that returns what violates it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from app.transactions import Value

Setting: TypeAlias = int | bool | str | list[str]


class Point(StrEnum):
    """The transition a policy is bound to."""

    MUTATE = "mutate"
    PLAN = "plan"
    APPROVE = "approve"
    DEPLOY = "deploy"
    AUDIT = "audit"


class Enforcement(StrEnum):
    """What a finding does: refuses, makes a plan need approval, is only said, or is only counted; off asks nothing."""

    DENY = "deny"
    APPROVE = "approve"
    WARN = "warn"
    DRY_RUN = "dry-run"
    OFF = "off"


class ViolationState(StrEnum):
    """Whether something that an audit found is still there."""

    OPEN = "open"
    RESOLVED = "resolved"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Part):
    """A value that an administrator can set: its type, what it is where nobody did, and its bounds."""

    type: Literal["integer", "boolean", "text", "texts"]
    default: Setting
    description: str = Field(min_length=1)
    minimum: int | None = None
    maximum: int | None = None
    choices: list[str] | None = None

    @model_validator(mode="after")
    def _default_fits(self) -> Parameter:
        self.check(self.default)
        return self

    def check(self, value: object) -> Setting:
        """The value, where it is one of this parameter. Raises ValueError with what is needed."""
        if self.type == "integer" and isinstance(value, int) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                raise ValueError(f"must be at least {self.minimum}, not {value}")
            if self.maximum is not None and value > self.maximum:
                raise ValueError(f"must be at most {self.maximum}, not {value}")
            return value
        if self.type == "boolean" and isinstance(value, bool):
            return value
        if self.type == "text" and isinstance(value, str):
            self._chosen([value])
            return value
        if self.type == "texts" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            self._chosen(value)
            return [str(one) for one in value]
        raise ValueError(f"must be {_SAID[self.type]}, not {value!r}")

    def read(self, text: str) -> Setting:
        """The value that a text says: `3`, `true`, `one,two`. Raises ValueError."""
        if self.type == "integer":
            try:
                return self.check(int(text))
            except ValueError as error:
                raise ValueError(str(error) if "must be" in str(error) else f"must be a number, not {text!r}") from None
        if self.type == "boolean":
            if text not in ("true", "false"):
                raise ValueError(f"must be true or false, not {text!r}")
            return text == "true"
        return self.check([one.strip() for one in text.split(",") if one.strip()] if self.type == "texts" else text)

    def write(self, value: Setting) -> str:
        """The text that `read` reads as this value."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return ",".join(value) if isinstance(value, list) else str(value)

    def _chosen(self, values: list[str]) -> None:
        wrong = [one for one in values if self.choices is not None and one not in self.choices]
        if wrong:
            raise ValueError(f"must be among {', '.join(self.choices or [])}, not {wrong[0]!r}")


_SAID = {"integer": "a number", "boolean": "true or false", "text": "a text", "texts": "a list of texts"}


class Fixture(_Part):
    """A graph beside the policy (`fixtures/<setup>.cypher`), the point at which it is asked, and whom it must find.

    `parameters` are what the transition is about (`application_id`, `edges`, …), `settings` the policy's own where they
    are not the defaults. `clauses` are those that must show, in the order of `subjects`.
    """

    setup: str
    point: Point
    parameters: dict[str, JsonValue]
    settings: dict[str, Setting] = {}
    subjects: list[str]
    clauses: list[str] = []

    @property
    def given(self) -> Mapping[str, Value]:
        """What the transition is about, as the graph takes it."""
        return dict(self.parameters)


class Policy(_Part):
    """A policy as its `policy.yaml` says it.

    `clauses` are the ways in which it can be violated, each with a sentence: every finding names one. `digest` is the
    policy's version, the SHA-256 of all its files. `break_glass` says that whoever may break the glass can override it.
    """

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
    description: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    links: list[str] = []
    enforcement: Enforcement
    points: list[Point] = Field(min_length=1)
    break_glass: bool = False
    parameters: dict[str, Parameter] = {}
    clauses: dict[str, str] = Field(min_length=1)
    fixtures: list[Fixture]
    digest: str = ""

    @property
    def findings(self) -> str:
        """The name of the statement that finds violations."""
        return f"policies/{self.name}/findings"

    @property
    def statements(self) -> tuple[str, ...]:
        """The names of its three statements."""
        return tuple(f"policies/{self.name}/{each}" for each in ("findings", "count", "picture"))

    @property
    def defaults(self) -> dict[str, Setting]:
        """Its parameters where nobody set them."""
        return {name: each.default for name, each in self.parameters.items()}
