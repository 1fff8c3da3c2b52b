"""The configuration: one file `gridherald.toml` in the state folder, overridden by the environment.

Environment names are `GRIDHERALD_` and the path, as in `GRIDHERALD_SEP2__PORT=8443`. An unknown key
is an error, and all errors are told at once. It must not know what the settings do.
"""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    ValidationError,
    model_validator,
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
FILES_FOLDER = "files"
"""The content of files that are published to 2030.5 clients."""
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


class Sep2Profile(StrEnum):
    """What 2030.5 clients are answered in: an edition, with a version of CSIP-AUS or without."""

    DRAFT_2013 = "2030.5-2013"
    PLAIN = "2030.5-2018"
    CSIPAUS_12 = "csip-aus-1.2"
    CSIPAUS_13 = "csip-aus-1.3"


class DuplicatePolicy(StrEnum):
    """What a client hears that registers a device of its own which is there already."""

    CONFLICT = "conflict"
    """That it collides, and where the device is."""
    LOCATION = "location"
    """Where the device is, as if that were new."""


class OptPolicy(StrEnum):
    """What becomes of VENs that are opted out in the window of an event as it is stated."""

    SEND = "send"
    """They are told it, as if nothing had been said."""
    WARN = "warn"
    """They are told it, and the operator is told who they are."""
    SKIP = "skip"
    """They are not told it; the operator is told who they are."""


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
    duplicate_edev: DuplicatePolicy = DuplicatePolicy.CONFLICT
    client_may_set_pin: bool = False
    """Whether a client may change the PIN of its own device."""
    profile: Sep2Profile = Sep2Profile.CSIPAUS_12
    """What clients are answered in that have shown nothing else, and for which none is fixed."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    poll_rate_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    tls13: bool = False
    notification_hosts: frozenset[str] = frozenset()
    """Hosts that any client may be notified at, beside those that its certificate names."""
    notification_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks that notifications may reach beside the public ones, as `10.1.0.0/16`."""
    subscription_hours: Annotated[int, Field(ge=0, le=8784)] = 0
    """Hours after which a subscription that its client did not renew ends; 0 is never."""
    plain_notifications: bool = False
    """A lab's: whether notifications may go by plain HTTP to loopback."""


class DnsSd(_Section):
    """Whether the 2030.5 listener can be found on the local network; needs the extra `dns-sd`."""

    enabled: bool = False
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,39}$")] = "Gridherald"
    addresses: tuple[IPvAnyAddress, ...] = ()
    """Addresses of this machine to be found at, and to speak on; if enabled there is one at
    least."""

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.enabled and not self.addresses:
            raise ValueError("addresses: say which addresses of this machine may be told")
        return self


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
    opt_policy: OptPolicy = OptPolicy.WARN
    """What becomes of VENs that are out when an event is stated, where its program says nothing."""
    signature_window_s: Annotated[int, Field(ge=1, le=3600)] = 300
    """How far from now, both ways, the moment may lie that a signed message was sent at."""
    plain_port: Port | None = None
    """A lab's listener without TLS, on loopback only, for VENs enrolled without a certificate."""
    strict: bool = False
    """Whether only the two media types of the profile are taken."""
    push_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks that VENs may be pushed to in beside the public ones, as `10.1.0.0/16`."""
    plain_push: bool = False
    """A lab's: whether VENs enrolled without a certificate may be pushed to by plain HTTP."""


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
    dns_sd: DnsSd = DnsSd()

    def store_address(self, state: Path) -> str:
        """Return the URL of the store of a state folder."""
        return self.store_url or f"sqlite:///{state / DATABASE_FILE}"

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
