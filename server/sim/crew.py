"""The simulated parties of a fleet, made from the certificates in a PKI folder.

An inverter is a 2030.5 client with a nameplate, a load an OpenADR client with a meter. What they
see goes to one callback, each notice with the name of who saw it. They must not know the server.
"""

import random
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from certs.files import read_public
from certs.folder import Pki
from certs.identity import lfdi
from certs.issue import Family
from certs.tls import openadr_client_context, sep2_client_context
from schemas.sep2.der import DERCapability, DERSettings
from schemas.sep2.derstatus import (
    ConnectStatusType,
    DERStatus,
    InverterStatusType,
    OperationalModeStatusType,
)
from schemas.sep2.units import ActivePower
from server.clients.notice import Kind, Notice
from server.clients.peer import Peer
from server.clients.sep2 import Sep2Client
from server.clients.sep2_discovery import Document
from server.clients.ven import Ven
from server.clock import Clock

RATED_W = 10_000
LOAD_W = 50_000.0
SHED_W = 10_000.0
"""What a load sheds for each level of a SIMPLE signal."""

_MODES = "0050008C"
"""DERControlType: connect, energize, fixedW, maxLimW, targetW."""
_PV = 4
_PV_CATEGORY = 0x200000
_ON, _OPERATIONAL, _CONNECTED = 2, 2, "07"
_GRADIENT = 100
_ENDS = frozenset({Kind.COMPLETED, Kind.CANCELLED, Kind.SUPERSEDED})

Tell = Callable[[str, str, Notice], None]
"""Takes who saw something, in which language, and what."""


class Member(Protocol):
    """One simulated party."""

    async def run(self) -> None:
        """Go on until cancelled."""
        ...

    async def stop(self) -> None:
        """Say good-bye and hang up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all members of a fleet share; without `poll_s` each polls as its server asks."""

    pki: Pki
    host: str
    sep2_port: int
    openadr_port: int
    clock: Clock
    tell: Tell
    poll_s: float | None = None


class Inverter:
    """A 2030.5 device: rated 10 kW, photovoltaic."""

    def __init__(self, name: str, chain: Path, around: Surroundings, rng: random.Random) -> None:
        self._name = name
        self._around = around
        self._installed_at = self._changed_at = around.clock.now()
        tls = sep2_client_context(chain, chain.with_suffix(".key"), around.pki.sep2_trust)
        self._peer = Peer(f"https://{around.host}:{around.sep2_port}", tls)
        self._client = Sep2Client(
            self._peer,
            lfdi=_lfdi(chain),
            clock=around.clock,
            rng=rng,
            notify=self._notice,
            documents=self._documents,
            category=_PV_CATEGORY,
            poll_s=around.poll_s,
        )

    async def run(self) -> None:
        """Follow the server until cancelled."""
        await self._client.run()

    async def stop(self) -> None:
        """Hang up: a 2030.5 device has no good-bye."""
        await self._peer.close()

    def _notice(self, notice: Notice) -> None:
        if notice.kind is Kind.STARTED or notice.kind in _ENDS:
            self._changed_at = notice.at
        self._around.tell(self._name, "sep2", notice)

    def _documents(self, now: datetime) -> Iterable[Document]:
        """Describe the machine; its status is as old as its last change."""
        rated = ActivePower(multiplier=0, value=RATED_W)
        since = int(self._changed_at.timestamp())
        yield DERCapability(modesSupported=_MODES, rtgMaxW=rated, type=_PV)
        yield DERSettings(
            modesEnabled=_MODES,
            setGradW=_GRADIENT,
            setMaxW=rated,
            updatedTime=int(self._installed_at.timestamp()),
        )
        yield DERStatus(
            genConnectStatus=ConnectStatusType(dateTime=since, value=_CONNECTED),
            inverterStatus=InverterStatusType(dateTime=since, value=_ON),
            operationalModeStatus=OperationalModeStatusType(dateTime=since, value=_OPERATIONAL),
            readingTime=since,
        )


class Load:
    """An OpenADR client: a load that sheds with the level of a signal."""

    def __init__(
        self, name: str, tls: ssl.SSLContext, around: Surroundings, rng: random.Random
    ) -> None:
        self._name = name
        self._around = around
        self._levels: dict[str, float] = {}
        self._peer = Peer(f"https://{around.host}:{around.openadr_port}", tls)
        self._ven = Ven(
            self._peer,
            name=name,
            clock=around.clock,
            rng=rng,
            notify=self._notice,
            points=("power",),
            measure=self._measure,
            poll_s=around.poll_s,
        )

    async def run(self) -> None:
        """Follow the VTN until cancelled."""
        await self._ven.run()

    async def stop(self) -> None:
        """Cancel the registration and hang up."""
        await self._ven.stop()
        await self._peer.close()

    def _notice(self, notice: Notice) -> None:
        if notice.kind is Kind.STARTED:
            self._levels[notice.subject] = notice.value or 0.0
        elif notice.kind in _ENDS:
            self._levels.pop(notice.subject, None)
        self._around.tell(self._name, "openadr", notice)

    def _measure(self, point: str, now: datetime) -> float:
        return max(LOAD_W - SHED_W * max(self._levels.values(), default=0.0), 0.0)


def inverters(around: Surroundings, most: int, rng: random.Random) -> Iterator[Inverter]:
    """Make an inverter of each device certificate, at most so many."""
    for chain in sorted((around.pki.folder / "sep2" / "device").glob("*.pem"))[:most]:
        yield Inverter(chain.stem, chain, around, rng)


def loads(around: Surroundings, most: int, rng: random.Random) -> Iterator[Load]:
    """Make a load of each VEN certificate of either family, at most so many."""
    folders = (around.pki.folder / "openadr" / family / "ven" for family in Family)
    chains = [chain for folder in folders for chain in sorted(folder.glob("*.pem"))]
    for chain in chains[:most]:
        key, trust = chain.with_suffix(".key"), around.pki.openadr_trust
        yield Load(chain.stem, openadr_client_context(chain, key, trust), around, rng)


def _lfdi(chain: Path) -> str:
    first, *_ = read_public(chain).split(b"-----END CERTIFICATE-----")
    pem = first.decode("ascii") + "-----END CERTIFICATE-----\n"
    return lfdi(ssl.PEM_cert_to_DER_cert(pem))
