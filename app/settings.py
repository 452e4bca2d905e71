"""Settings: from the environment (`TRELLIS_…`), a YAML file and defaults; a wrong one is refused at start by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from app.graph import GraphSettings
from app.ports import Clock
from app.trusted import ListInvalid, Mode, Trusted, read
from app.turns import Turns

PREFIX = "TRELLIS_"
FILE_VARIABLE = "TRELLIS_SETTINGS"


class SettingsInvalid(Exception):
    """Settings are missing or wrong; the message names each and the reason, never a secret's value."""


Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """All settings: an environment variable wins over the YAML file of TRELLIS_SETTINGS, and that over a default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_file=None)

    neo4j_uri: str = Field(default="bolt://127.0.0.1:7687", description="Where the graph database answers Bolt.")
    neo4j_user: str = Field(default="neo4j", description="The database user.")
    neo4j_password: SecretStr = Field(description="The database user's password.")
    neo4j_pool_size: int = Field(
        default=50, ge=1, le=1000, description="Connections to the database at most, a process."
    )
    neo4j_statement_timeout: float = Field(default=15, gt=0, le=600, description="Seconds a statement may take.")
    neo4j_statements_per_user: int = Field(
        default=25,
        ge=1,
        le=1000,
        description="Statements a person may have under way at a time, a process; no more than there are connections.",
    )
    neo4j_statements_per_tenant: int = Field(
        default=40,
        ge=1,
        le=1000,
        description="Statements a tenant may have under way at a time, a process; no more than there are connections.",
    )
    neo4j_turn_seconds: float = Field(
        default=5, gt=0, le=60, description="Seconds a statement waits for others of its person or tenant to end."
    )
    redis_url: SecretStr = Field(description="Where Redis answers, with its password if it has one.")

    api_host: str = Field(default="127.0.0.1", description="The address the API listens on.")
    api_port: Port = Field(default=8080, description="The port the API listens on.")
    api_allowed_origins: list[str] = Field(
        default=[],
        description="Origins (https://console.example) that may open sockets from a browser, beside the API's own.",
    )
    api_head_seconds: float = Field(
        default=10, gt=0, le=300, description="Seconds that a request's head may take to arrive."
    )
    api_body_seconds: float = Field(
        default=10, gt=0, le=300, description="Seconds that a request's body may take to arrive."
    )
    api_introspection: bool = Field(
        default=True, description="Whether developers and administrators may ask the schema about itself."
    )
    api_sockets_per_user: int = Field(
        default=50, ge=1, le=10_000, description="Sockets a person may have open at a time, a process."
    )
    api_sockets_per_tenant: int = Field(
        default=1000, ge=1, le=100_000, description="Sockets a tenant may have open at a time, a process."
    )
    api_sockets_per_address: int = Field(
        default=500, ge=1, le=100_000, description="Sockets that may be open from one address, a process."
    )
    api_subscriptions_per_socket: int = Field(
        default=50, ge=1, le=1000, description="Operations that may go on at a time on one socket."
    )
    api_cache_megabytes: int = Field(
        default=32,
        ge=0,
        le=16_384,
        description="Memory for answers that are kept until something changes; 0 keeps none.",
    )
    cost_per_request: int = Field(default=400_000, ge=1000, le=10**12, description="What one request may cost at most.")
    cost_per_minute: int = Field(
        default=100_000_000, ge=1000, le=10**15, description="What a person may spend on requests in a minute."
    )
    cost_shown: bool = Field(default=False, description="Whether every answer tells its cost in its extensions.")
    trusted_documents: Path | None = Field(
        default=None,
        description="The trusted documents: a JSON file from SHA-256 to document, or a folder of .graphql files.",
    )
    trusted_documents_mode: Mode = Field(
        default=Mode.OFF,
        description="Whether documents may be named by hash (allow), and whether no others are taken (require).",
    )
    auth_signing_key: SecretStr = Field(description="Signs bearer tokens; 32 bytes or more, the same for every API.")
    auth_token_hours: float = Field(default=12, gt=0, le=720, description="Hours after which a bearer token expires.")
    auth_admin_password: SecretStr | None = Field(
        default=None,
        description="The administrator's password at the first start; generated and printed once if left out.",
    )
    tenant: str = Field(
        default="default", pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", description="The tenant served."
    )

    provider_default: Literal["auto", "echo", "kubernetes"] = Field(
        default="auto",
        description="The provider of environments that name none: auto is kubernetes where a kubeconfig is set.",
    )
    kubernetes_kubeconfig: Path | None = Field(
        default=None, description="The kubeconfig of the cluster to deploy to; KUBECONFIG where left out."
    )
    kubernetes_context: str | None = Field(
        default=None, description="The kubeconfig's context; its current one if left out."
    )

    worker_concurrency: int = Field(
        default=10, ge=1, le=1000, description="Runs a worker carries out at the same time."
    )
    worker_steps_per_target: int = Field(
        default=10, ge=1, le=1000, description="Steps of a run at work at the same time."
    )
    worker_step_seconds: float = Field(
        default=3600, ge=1, le=86_400, description="Seconds a step may take at most, whatever its service's deadline."
    )
    worker_lease_seconds: float = Field(
        default=15, ge=1, le=600, description="Seconds after which a silent worker has lost its run."
    )
    worker_drain_seconds: float = Field(
        10, ge=0, le=3600, description="Seconds that runs may go on after SIGTERM before others take them over."
    )
    worker_host: str = Field(default="127.0.0.1", description="The address of the worker's health endpoint.")
    worker_port: Port = Field(default=8081, description="The port of the worker's health endpoint.")
    worker_attempts: int = Field(
        default=5, ge=1, le=100, description="Attempts at a step whose target does not answer."
    )

    worker_drift_seconds: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="Seconds between two looks at what runs in an environment that says nothing of its own; 0: never.",
    )

    decision_days: int = Field(
        default=90, ge=1, le=3650, description="Days after which the log of what policies decided is forgotten."
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="A bearer token for what scrapes /metrics; without it administrators read it alone."
    )
    log_format: Literal["json", "pretty"] = Field(default="json", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged."
    )

    @field_validator("trusted_documents")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                read(value)
            except ListInvalid as error:
                raise ValueError(str(error)) from error
        return value

    @field_validator("auth_signing_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode()) < 32:
            raise ValueError("needs 32 bytes or more")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.cost_per_minute < self.cost_per_request:
            raise ValueError("TRELLIS_COST_PER_MINUTE must be at least TRELLIS_COST_PER_REQUEST")
        if self.trusted_documents_mode is not Mode.OFF and self.trusted_documents is None:
            raise ValueError("TRELLIS_TRUSTED_DOCUMENTS_MODE needs TRELLIS_TRUSTED_DOCUMENTS")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the YAML file."""
        named = os.environ.get(FILE_VARIABLE)
        if named is None:
            return init_settings, env_settings
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=Path(named))

    @property
    def kubeconfig(self) -> Path | None:
        """The kubeconfig to use, if there is a cluster at all."""
        if self.kubernetes_kubeconfig is not None:
            return self.kubernetes_kubeconfig
        named = os.environ.get("KUBECONFIG")
        return Path(named) if named else None

    @property
    def default_provider(self) -> str:
        """The provider of environments that name none."""
        if self.provider_default != "auto":
            return self.provider_default
        return "echo" if self.kubeconfig is None else "kubernetes"

    @property
    def scraper_token(self) -> str | None:
        """The token that opens /metrics beside an administrator's."""
        return None if self.metrics_token is None else self.metrics_token.get_secret_value()

    @property
    def trusted(self) -> Trusted:
        """The trusted documents. Raises ListInvalid."""
        documents = None if self.trusted_documents is None else read(self.trusted_documents)
        return Trusted(self.trusted_documents_mode, documents)

    def turns(self, clock: Clock) -> Turns:
        """Whose statements wait for whose."""
        return Turns(
            clock,
            person=min(self.neo4j_statements_per_user, self.neo4j_pool_size),
            tenant=min(self.neo4j_statements_per_tenant, self.neo4j_pool_size),
            seconds=self.neo4j_turn_seconds,
        )

    @property
    def graph(self) -> GraphSettings:
        """What the graph needs."""
        return GraphSettings(
            uri=self.neo4j_uri,
            user=self.neo4j_user,
            password=self.neo4j_password.get_secret_value(),
            pool_size=self.neo4j_pool_size,
            statement_timeout=self.neo4j_statement_timeout,
        )


def _said(error: ValidationError) -> str:
    lines = []
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        said = one["msg"].removeprefix("Value error, ")
        lines.append(f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg']}" if one["loc"] else said)
    return "\n".join(lines)


def load() -> Settings:
    """The settings of this process. Raises SettingsInvalid naming every wrong one and why."""
    file = os.environ.get(FILE_VARIABLE)
    if file is not None and not Path(file).is_file():
        raise SettingsInvalid(f"{FILE_VARIABLE}: there is no file {file}")
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}
    # Variables of the command line, of local starts and of tests share the prefix and belong to other readers.
    foreign = ("TRELLIS_CLI_", "TRELLIS_LOCAL_", "TRELLIS_TEST_", "TRELLIS_SERVER", "TRELLIS_DEBUG")
    unknown = sorted(
        name for name in os.environ if name.startswith(PREFIX) and name not in known and not name.startswith(foreign)
    )
    if unknown:
        raise SettingsInvalid("\n".join(f"{name}: there is no such setting" for name in unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid(_said(error)) from error
