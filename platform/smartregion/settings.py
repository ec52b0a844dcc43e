"""Settings from `smartregion.toml` and `SMARTREGION_*`; the only place that reads the environment."""

import difflib
import functools
import os
import pathlib
import tomllib
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from smartregion.errors import SettingsError

FILE_NAME = "smartregion.toml"
FILE_VARIABLE = "SMARTREGION_SETTINGS"
"""Names another settings file than the one in the current folder."""
SECRETS_FOLDER = pathlib.Path("/run/secrets")
"""Where container engines mount secrets: a file smartregion_database_url holds that setting."""


class Settings(BaseSettings):
    """All settings with their defaults; each can be set in the file or as SMARTREGION_NAME."""

    model_config = SettingsConfigDict(env_prefix="SMARTREGION_", extra="forbid", frozen=True)

    database_url: SecretStr | None = None
    """PostgreSQL address, postgresql://user:password@host:port/name."""
    owner_url: SecretStr | None = None
    """PostgreSQL address with the owner's rights, for backups and drills; by default `database_url`."""
    backup_dir: pathlib.Path | None = None
    """Folder of nightly backups; without it the worker takes none."""
    database_disk_bytes: int | None = None
    """Size of the database's disk in bytes, where the server runs on another machine."""
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
    school_holidays: pathlib.Path | None = None
    """Table of school holidays (state;name;first;last) instead of the one that comes with the program."""
    diesel_l_per_km: Annotated[float, Field(ge=0)] = 0.35
    """Diesel of a truck while it drives, l/km."""
    diesel_l_per_stop_h: Annotated[float, Field(ge=0)] = 4.3
    """Diesel of a truck at stops, where the engine drives crane or lift, l/h."""
    co2_kg_per_l: Annotated[float, Field(ge=0)] = 2.65
    """CO2 of a litre of diesel, kg."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    public_url: str | None = None
    """Address that visitors see, when a proxy stands in front."""
    kernel_cache_dir: pathlib.Path | None = None
    """Folder of compiled optimiser kernels; by default below the user's cache folder."""
    test_timescale_url: SecretStr | None = None
    """Native TimescaleDB server where tests and `bench store` may make databases of their own."""

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
        toml = TomlConfigSettingsSource(settings_cls, file_path())
        return init_settings, env_settings, file_secret_settings, toml


def file_path() -> pathlib.Path:
    """The settings file: the one named by SMARTREGION_SETTINGS, which must exist, else that of the folder."""
    named = os.environ.get(FILE_VARIABLE)
    if named and not pathlib.Path(named).is_file():
        raise SettingsError(f"{FILE_VARIABLE}: {named!r} is not a readable settings file")
    return pathlib.Path(named or FILE_NAME)


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
        raise SettingsError(_explain(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file_path()}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file_path()}: cannot be read: {error}") from error


def _explain(error: ValidationError) -> str:
    """One line for the first fault; a secret is never shown."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, Settings.model_fields, n=1)
        known = (
            f"did you mean {close[0]}?" if close else "known are " + ", ".join(sorted(Settings.model_fields))
        )
        return f"setting {name}: there is no such setting: {known}"
    expected = first["msg"].removeprefix("Value error, ")
    shown = "" if name.endswith("_url") else f"{str(first['input'])[:60]!r}: "
    return f"setting {name}: {shown}{expected[:1].lower()}{expected[1:]}"


def child_environment(*, keep_settings: bool = False, **changes: str) -> dict[str, str]:
    """The environment for a process that we start: ours plus `changes`; our settings only where asked."""
    ours = {k: v for k, v in os.environ.items() if keep_settings or not k.startswith("SMARTREGION_")}
    return ours | changes
