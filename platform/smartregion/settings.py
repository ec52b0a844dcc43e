"""Settings from `smartregion.toml` and `SMARTREGION_*`; the only place that reads the environment."""

import functools
import os
import pathlib
import tomllib
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from smartregion.errors import SettingsError

FILE_NAME = "smartregion.toml"
SECRETS_FOLDER = pathlib.Path("/run/secrets")
"""Where container engines mount secrets: a file smartregion_database_url holds that setting."""


class Settings(BaseSettings):
    """All settings with their defaults; each can be set in the file or as SMARTREGION_NAME."""

    model_config = SettingsConfigDict(env_prefix="SMARTREGION_", toml_file=FILE_NAME, extra="forbid", frozen=True)

    database_url: SecretStr | None = None
    """PostgreSQL address, postgresql://user:password@host:port/name."""
    mqtt_url: SecretStr = SecretStr("mqtt://127.0.0.1:1883")
    """Broker address, mqtt://user:password@host:port or mqtts://..."""
    mqtt_session: str = "smartregion-ingest"
    """Client identifier of the persistent session that ingest keeps at the broker."""
    data_dir: pathlib.Path = pathlib.Path("smartregion-data")
    """Folder for the embedded database, compiled kernels and reports."""
    region_name: str = "Oberspreewald-Lausitz"
    """Name on the pages."""
    timezone: str = "Europe/Berlin"
    """Zone of local days, weeks and screens."""
    state: str = "BB"
    """Federal state of public holidays, ISO 3166-2 without DE-."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    public_url: str | None = None
    """Address that visitors see, when a proxy stands in front."""
    kernel_cache_dir: pathlib.Path | None = None
    """Folder of compiled optimiser kernels; by default below the user's cache folder."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError) as error:
            raise ValueError("expected a zone name like Europe/Berlin") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The region's zone."""
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, file_secret_settings, toml


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises SettingsError with one line that names the setting, its value and what was expected.
    """
    return load()


def load(**overrides: Any) -> Settings:
    """Read environment, mounted secrets and file now, the former before the latter; `overrides` win."""
    mounted: dict[str, Any] = {"_secrets_dir": SECRETS_FOLDER} if SECRETS_FOLDER.is_dir() else {}
    try:
        return Settings(**mounted, **overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        expected = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"setting {name}: {str(first['input'])[:60]!r}: {expected}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE_NAME}: not valid TOML: {error}") from error


def child_environment(*, keep_settings: bool = False, **changes: str) -> dict[str, str]:
    """The environment for a process that we start: ours plus `changes`; our settings only where asked."""
    ours = {k: v for k, v in os.environ.items() if keep_settings or not k.startswith("SMARTREGION_")}
    return ours | changes
