"""Settings: from the environment (`TRELLIS_…`), a YAML file and defaults; a wrong one is refused at start by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from app.graph import GraphSettings

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
    redis_url: SecretStr = Field(description="Where Redis answers, with its password if it has one.")

    api_host: str = Field(default="127.0.0.1", description="The address the API listens on.")
    api_port: Port = Field(default=8080, description="The port the API listens on.")
    api_allowed_origins: list[str] = Field(
        default=[],
        description="Origins (https://console.example) that may open sockets from a browser, beside the API's own.",
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

    metrics_token: SecretStr | None = Field(
        default=None, description="A bearer token for what scrapes /metrics; without it administrators read it alone."
    )
    log_format: Literal["json", "pretty"] = Field(default="json", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged."
    )

    @field_validator("auth_signing_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode()) < 32:
            raise ValueError("needs 32 bytes or more")
        return value

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
        name = str(one["loc"][0]) if one["loc"] else "settings"
        lines.append(f"{PREFIX}{name.upper()}: {one['msg']}")
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
