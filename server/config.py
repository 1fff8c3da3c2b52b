"""The configuration: one file `gridherald.toml` in the state folder, overridden by the environment.

Environment names are `GRIDHERALD_` and the path, as in `GRIDHERALD_SEP2__PORT=8443`. An unknown key
is an error, and all errors are told at once. It must not know what the settings do.
"""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

FILE_NAME = "gridherald.toml"
PORTS_FILE = "ports.json"
"""Where each listener listens, while the server runs."""
TOKEN_FILE = "admin.token"  # noqa: S105 - the name of a file
"""A token of full rights, made at the first start."""
PKI_FOLDER = "pki"
MAPS_FOLDER = "maps"
"""Register maps besides the built-in ones."""
DATABASE_FILE = "gridherald.db"

Port = Annotated[int, Field(ge=0, le=65535)]
"""0 takes any free port, which the log and `ports.json` then name."""


class ConfigError(Exception):
    """The configuration cannot be used; the message lists every fault."""


class InBand(StrEnum):
    """Whose POST to the 2030.5 EndDeviceList makes a device."""

    OFF = "off"
    """Nobody's: devices are added by an operator."""
    ENROLLED = "enrolled"
    """That of clients that an operator enrolled."""
    OPEN = "open"
    """Anybody's whose certificate the trust anchor covers."""


class SignaturePolicy(StrEnum):
    """What becomes of the XML signatures of OADR 2.0b 10.6."""

    OFF = "off"
    """They are neither looked at nor made."""
    ACCEPT = "accept"
    """They must hold where they stand, and stand where a VEN registered with them."""
    REQUIRE = "require"
    """No message is taken without one."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sep2(_Section):
    """The 2030.5 listener."""

    host: str = "127.0.0.1"
    port: Port = 8443
    pen: Annotated[int, Field(ge=0, le=99_999_999)] = 0
    """IANA private enterprise number of the utility; it ends every mRID."""
    in_band: InBand = InBand.ENROLLED
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    poll_rate_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    tls13: bool = False
    notification_hosts: frozenset[str] = frozenset()
    """Hosts that any client may be notified at, beside those that its certificate names."""
    notification_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks that notifications may reach beside the public ones, as `10.1.0.0/16`."""
    plain_notifications: bool = False
    """A lab's: whether notifications may go by plain HTTP to loopback."""


class OpenAdr(_Section):
    """The OpenADR listener."""

    host: str = "127.0.0.1"
    port: Port = 8444
    vtn_id: str = "Gridherald"
    """With an upper-case letter: some VENs take an all lower-case one for a mistake."""
    poll_interval_s: Annotated[int, Field(ge=1, le=86_400)] = 10
    strict_ciphers: bool = False
    request_reports: tuple[str, ...] = ("TELEMETRY_USAGE", "TELEMETRY_STATUS")
    """The reports that each VEN is asked for once it offers them."""
    report_period_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How often, if the VEN's own limits allow it."""
    signatures: SignaturePolicy = SignaturePolicy.ACCEPT
    signature_window_s: Annotated[int, Field(ge=1, le=3600)] = 300
    """How far from now, both ways, the moment may lie that a signed message was sent at."""
    plain_port: Port | None = None
    """A lab's listener without TLS, on loopback only, for VENs enrolled without a certificate."""


class Admin(_Section):
    """The operators' listener; on loopback, because it speaks plain HTTP."""

    port: Port = 8080


class Config(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="GRIDHERALD_", env_nested_delimiter="__"
    )

    store_url: str | None = None
    """Default: SQLite in the state folder."""
    sep2: Sep2 = Sep2()
    openadr: OpenAdr = OpenAdr()
    admin: Admin = Admin()

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic-settings' own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)


def load(state: Path) -> Config:
    """Read the configuration of a state folder; a missing file means the defaults.

    Raises ConfigError with all faults.
    """
    path = state / FILE_NAME
    try:
        given = tomllib.loads(path.read_text()) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        raise ConfigError(f"{path}: {fault}") from fault
    try:
        return Config(**given)
    except ValidationError as fault:
        lines = (f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors())
        raise ConfigError("\n".join(lines)) from fault
