"""The settings of a local start, from the environment and from the YAML file that the API reads too."""

from __future__ import annotations

import os
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, Field, IPvAnyAddress, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from app.local.failures import LocalFailure
from app.settings import FILE_VARIABLE, PREFIX

Port = Annotated[int, Field(ge=1, le=65535)]


class LocalSettings(BaseSettings):
    """What can be chosen about a local start. Each name is an environment variable with TRELLIS_ before it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", populate_by_name=True)

    neo4j_uri: str | None = Field(
        default=None,
        validation_alias=AliasChoices("TRELLIS_NEO4J_URI", "NEO4J_URI"),
        description="A Neo4j of your own (bolt:// or neo4j://); none is started then.",
    )
    neo4j_user: str = Field(
        default="neo4j",
        validation_alias=AliasChoices("TRELLIS_NEO4J_USER", "NEO4J_USER", "NEO4J_USERNAME"),
        description="The user to sign in with at a Neo4j of your own.",
    )
    neo4j_password: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("TRELLIS_NEO4J_PASSWORD", "NEO4J_PASSWORD"),
        description="The password for a Neo4j of your own.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("TRELLIS_REDIS_URL", "REDIS_URL"),
        description="A Redis of your own (redis://…); none is started then.",
    )
    auth_admin_password: SecretStr | None = Field(
        default=None, description="The administrator's password for the first start; generated if not given."
    )
    auth_signing_key: SecretStr | None = Field(
        default=None, description="What access tokens are signed with; generated if not given."
    )
    api_host: IPvAnyAddress = Field(default=IPv4Address("127.0.0.1"), description="The address the API listens on.")
    api_port: Port = Field(default=8080, description="The port of the API and the playground.")
    worker_host: IPvAnyAddress = Field(
        default=IPv4Address("127.0.0.1"), description="The address of the worker's health endpoint."
    )
    worker_port: Port = Field(default=8081, description="The port of the worker's health endpoint.")
    local_neo4j_bolt_port: Port = Field(default=7687, description="The port of the local Neo4j for drivers.")
    local_neo4j_http_port: Port = Field(default=7474, description="The port of the local Neo4j Browser.")
    local_neo4j_heap_megabytes: Annotated[int, Field(ge=256, le=32768)] = Field(
        default=1024, description="The memory the local Neo4j may use for its work, in megabytes."
    )
    local_redis_port: Port = Field(default=6379, description="The port of the local Redis.")
    local_folder: Path = Field(
        default=Path(".trellis"), description="The folder for data, logs, credentials and what is known of processes."
    )
    kubernetes_kubeconfig: str | None = Field(
        default=None,
        validation_alias=AliasChoices("TRELLIS_KUBERNETES_KUBECONFIG", "KUBECONFIG"),
        description="The cluster to deploy to; without one, and without `make kubernetes`, nothing real is deployed.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then the YAML file."""
        named = os.environ.get(FILE_VARIABLE)
        if named is None:
            return init_settings, env_settings
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=Path(named))

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.neo4j_uri is not None and self.neo4j_password is None:
            raise ValueError("TRELLIS_NEO4J_URI is set, TRELLIS_NEO4J_PASSWORD is not")
        wanted = {"TRELLIS_API_PORT": self.api_port, "TRELLIS_WORKER_PORT": self.worker_port}
        if self.neo4j_uri is None:
            wanted["TRELLIS_LOCAL_NEO4J_BOLT_PORT"] = self.local_neo4j_bolt_port
            wanted["TRELLIS_LOCAL_NEO4J_HTTP_PORT"] = self.local_neo4j_http_port
        if self.redis_url is None:
            wanted["TRELLIS_LOCAL_REDIS_PORT"] = self.local_redis_port
        first: dict[int, str] = {}
        for name, port in wanted.items():
            if first.setdefault(port, name) != name:
                raise ValueError(f"{first[port]} and {name} are both {port}")
        return self


def load_settings() -> LocalSettings:
    """Read the settings. Raises LocalFailure that names each wrong one and why, never its value if that is secret."""
    try:
        return LocalSettings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            name = ".".join(str(part) for part in problem["loc"])
            message = problem["msg"].removeprefix("Value error, ")
            if not name:
                lines.append(message)
            else:
                lines.append(f"{name if name.isupper() else PREFIX + name.upper()}: {message}")
        raise LocalFailure("A setting is wrong. " + "; ".join(lines)) from None
