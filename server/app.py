"""The composition: builds every part from the state folder and starts and stops them in order.

The one module that knows everything; it decides nothing. Order of the start: store, book, edge,
listeners; only when the edge has compared every device is the server ready. The stop goes the
other way.
"""

import asyncio
import gc
import json
import logging
import random
import signal
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from ssl import SSLContext

from certs.folder import Pki
from certs.tls import (
    openadr_push_context,
    openadr_server_context,
    self_test_ccm8,
    sep2_client_context,
    sep2_server_context,
)
from schemas.sep2.profile import Profile
from server.admin.face import AdminFace
from server.alarm import Alarm
from server.clock import Clock, SystemClock
from server.config import (
    FILES_FOLDER,
    MAPS_FOLDER,
    PKI_FOLDER,
    PORTS_FILE,
    TOKEN_FILE,
    Config,
    ConfigError,
    load,
)
from server.core.model import DeviceId, Lfdi
from server.desk import Desk
from server.duty import ALWAYS, Lease
from server.edge.edge import Edge
from server.edge.registermap import find_map
from server.net.dns_sd import Advertiser, NotInstalled
from server.net.listener import Handler, listen
from server.openadr.face import OpenAdrFace
from server.openadr.opting import Opting
from server.openadr.push import Push
from server.openadr.reporting import Reporting
from server.openadr.settings import OpenAdrSettings
from server.openadr.signer import Signing
from server.outbox.courier import Courier
from server.outbox.outbox import Outbox
from server.outbox.pusher import Pusher
from server.outbox.settings import OutboxSettings
from server.seed import seed, write_token
from server.sep2.face import Sep2Face
from server.sep2.service import services
from server.sep2.settings import Sep2Settings
from server.store.store import Entry, Store
from server.tasks import Tasks
from server.walk import Walk

log = logging.getLogger(__name__)

RECONCILE_LIMIT_S = 5.0
"""A dead device must not keep the others' listeners closed."""
LOOPBACK = "127.0.0.1"


class App:
    """A server on one state folder."""

    def __init__(self, state: Path, config: Config, clock: Clock) -> None:
        self._state = state
        self._config = config
        self._clock = clock
        self._pki = Pki.open(state / PKI_FOLDER)
        self._files = self._pki.server()
        self._rng = random.SystemRandom()
        self._tasks = Tasks()
        self._stack = AsyncExitStack()
        self._is_ready = False
        self._pushers: list[Pusher[Push]] = []
        self._duty = ALWAYS
        self.ports: dict[str, int] = {}
        """Where each listener listens, once started."""

    async def start(self) -> None:
        """Start everything; returns when the server is ready."""
        desk = await self._open_desk()
        self._tasks.start(self._follow(desk), name="feed")
        await self._begin_duty(desk.store)
        await seed(desk)
        await write_token(desk, self._state / TOKEN_FILE)
        edge = self._start_edge(desk)
        sep2 = Sep2Face(desk, self._sep2_settings())
        outbox = await self._open_outbox(desk, sep2)
        self._start_alarm(desk, edge, outbox)
        reporting = Reporting(desk, self._openadr_settings())
        opting = Opting(desk, self._config.openadr.opt_policy)
        await self._listen_admin(desk, edge, outbox, reporting, opting, walk=Walk(sep2.look))
        await self._settle(edge)
        await self._listen_sep2(sep2)
        await self._listen_openadr(desk, reporting, opting)
        self._tasks.start(reporting.run(), name="reports")
        self._advertise()
        self._stack.callback(sep2.stop)
        self._is_ready = True
        _replace(self._state / PORTS_FILE, json.dumps(self.ports))
        log.info("ready: %s", self.ports)

    async def stop(self) -> None:
        """Stop everything, the listeners first; devices keep what they were told."""
        self._is_ready = False
        (self._state / PORTS_FILE).unlink(missing_ok=True)
        await self._stack.aclose()

    async def _open_desk(self) -> Desk:
        try:
            store = await Store.open(self._config.store_address(self._state))
        except ValueError as fault:
            raise ConfigError(f"store_url: {fault}") from fault
        self._stack.push_async_callback(store.close)
        self._stack.push_async_callback(self._tasks.stop)
        desk = Desk(store, self._clock, self._rng, pen=self._config.sep2.pen)
        await desk.open()
        return desk

    async def _begin_duty(self, store: Store) -> None:
        """Act alone if there may be other instances, or wait until none of them acts."""
        if store.is_shared:
            self._duty = lease = Lease(store.leases, store.name, monotonic=time.monotonic)
            await lease.step()
            self._tasks.start(lease.run(), name="lease")

    async def _follow(self, desk: Desk) -> None:
        """Follow the other instances; whoever cannot is not fit to be asked."""
        try:
            await desk.follow()
        except Exception:
            self._is_ready = False
            raise

    def _start_edge(self, desk: Desk) -> Edge:
        maps = self._state / MAPS_FOLDER
        edge = Edge(desk, self._tasks, rng=self._rng, maps=maps, duty=self._duty)
        edge.start()
        self._stack.push_async_callback(edge.stop)
        return edge

    async def _open_outbox(self, desk: Desk, sep2: Sep2Face) -> Outbox:
        config, own = self._config.sep2, self._files.sep2_notifier
        courier = Courier(
            sep2_client_context(own.chain, own.key, self._pki.sep2_trust),
            OutboxSettings(
                networks=config.notification_networks, may_be_plain=config.plain_notifications
            ),
        )
        hours = config.subscription_hours
        lifetime = timedelta(hours=hours) if hours else None
        outbox = Outbox(
            desk,
            self._tasks,
            sep2.notices,
            courier,
            rng=self._rng,
            lifetime=lifetime,
            duty=self._duty,
        )
        await outbox.open()
        return outbox

    def _start_alarm(self, desk: Desk, edge: Edge, outbox: Outbox) -> None:
        def due() -> datetime | None:
            pushes = (pusher.next_change() for pusher in self._pushers)
            changes = (edge.next_change(), outbox.next_change(), *pushes)
            return min((at for at in changes if at is not None), default=None)

        def ring() -> None:
            edge.wake()
            outbox.wake()
            for pusher in self._pushers:
                pusher.wake()

        alarm = Alarm(due=due, ring=ring)

        def heed(_entry: Entry) -> None:
            edge.wake()
            alarm.arm()

        alarm.start()
        self._stack.callback(alarm.stop)
        desk.listen(heed)

    async def _settle(self, edge: Edge) -> None:
        try:
            async with asyncio.timeout(RECONCILE_LIMIT_S):
                await edge.reconcile_all()
        except TimeoutError:
            log.warning("some devices did not answer; they are tried again in the background")

    async def _listen_admin(
        self,
        desk: Desk,
        edge: Edge,
        outbox: Outbox,
        reporting: Reporting,
        opting: Opting,
        *,
        walk: Walk,
    ) -> None:
        maps = self._state / MAPS_FOLDER

        def describe(device_id: DeviceId) -> Mapping[str, object]:
            return asdict(edge.status(device_id))

        face = AdminFace(
            desk,
            describe_edge=describe,
            is_ready=lambda: self._is_ready,
            maps=lambda name: find_map(name, maps).modes,
            outbox=outbox,
            reporting=reporting,
            opting=opting,
            walk=walk,
        )
        await self._listen("admin", face.handle, LOOPBACK, self._config.admin.port, None)

    def _sep2_settings(self) -> Sep2Settings:
        config = self._config.sep2
        return Sep2Settings(
            in_band=config.in_band,
            duplicate_edev=config.duplicate_edev,
            client_may_set_pin=config.client_may_set_pin,
            profile=Profile(config.profile),
            time_zone=config.time_zone,
            poll_rate_s=config.poll_rate_s,
            notification_hosts=config.notification_hosts,
            files=self._state / FILES_FOLDER,
            lfdi=Lfdi(self._files.sep2.identity.lfdi),
            may_notify_plain_loopback=config.plain_notifications,
        )

    async def _listen_sep2(self, face: Sep2Face) -> None:
        config, trust = self._config.sep2, self._pki.sep2_trust
        own, test = self._files.sep2, self._files.sep2_notifier
        tls = sep2_server_context(own.chain, own.key, trust, tls13=config.tls13)
        self_test_ccm8(tls, test.chain, test.key, trust)
        await self._listen("sep2", face.handle, config.host, config.port, tls)

    def _advertise(self) -> None:
        config = self._config.dns_sd
        if not config.enabled:
            return
        try:
            advertiser = Advertiser(config.name, [str(one) for one in config.addresses])
        except (NotInstalled, OSError) as fault:
            raise ConfigError(f"dns_sd: {fault}") from fault
        self._stack.push_async_callback(advertiser.stop)
        self._tasks.start(advertiser.announce(services(self.ports["sep2"])), name="dns-sd")

    def _openadr_settings(self) -> OpenAdrSettings:
        config = self._config.openadr
        return OpenAdrSettings(
            vtn_id=config.vtn_id,
            poll_interval=timedelta(seconds=config.poll_interval_s),
            request_reports=config.request_reports,
            report_period=timedelta(seconds=config.report_period_s),
            strict_content_type=config.strict,
            signatures=config.signatures,
            signature_window=timedelta(seconds=config.signature_window_s),
        )

    async def _listen_openadr(self, desk: Desk, reporting: Reporting, opting: Opting) -> None:
        config, files, settings = self._config.openadr, self._files, self._openadr_settings()
        signing = Signing.of(rsa=files.rsa.load(), ecc=files.ecc.load())
        courier = self._push_courier()
        make = partial(OpenAdrFace, desk, reporting=reporting, opting=opting)
        face = make(settings, signing=signing, check_address=courier.peer)
        await face.open()
        if config.plain_port is not None:
            check = courier.peer if config.plain_push else None
            plain = make(replace(settings, allow_plain=True), check_address=check)
            await plain.open()
            await self._listen("plain", plain.handle, LOOPBACK, config.plain_port, None)
            self._start_pusher(desk, plain, courier)
        tls = openadr_server_context(
            [(files.rsa.chain, files.rsa.key), (files.ecc.chain, files.ecc.key)],
            self._pki.openadr_trust,
            strict_ciphers=config.strict_ciphers,
        )
        await self._listen("openadr", face.handle, config.host, config.port, tls)
        self._start_pusher(desk, face, courier)

    def _push_courier(self) -> Courier:
        config, files = self._config.openadr, self._files
        tls = openadr_push_context(
            [(own.chain, own.key) for own in (files.rsa_client, files.ecc_client)],
            self._pki.openadr_trust,
            strict_ciphers=config.strict_ciphers,
        )
        settings = OutboxSettings(networks=config.push_networks, may_be_plain=config.plain_push)
        return Courier(tls, settings)

    def _start_pusher(self, desk: Desk, face: OpenAdrFace, courier: Courier) -> None:
        teller = face.teller
        pusher = Pusher(desk, self._tasks, teller, courier, rng=self._rng, duty=self._duty)
        pusher.open()
        self._pushers.append(pusher)

    async def _listen(
        self, name: str, handler: Handler, host: str, port: int, tls: SSLContext | None
    ) -> None:
        listener = await listen(handler, host=host, port=port, tls=tls)
        self._stack.push_async_callback(listener.stop)
        self.ports[name] = listener.port


def _replace(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def prepare(state: Path) -> Config:
    """Make the state folder if need be and read its configuration; ConfigError if it is bad."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = load(state)
    pki = state / PKI_FOLDER
    if not pki.is_dir():
        raise ConfigError(
            f"there are no certificates in {pki}; make them with `gridherald certs init {pki}`"
            f" and `gridherald certs server {pki} --host NAME`"
        )
    return config


async def run(state: Path) -> None:
    """Serve a state folder until SIGTERM or SIGINT."""
    app = App(state, prepare(state), SystemClock())
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    try:
        await app.start()
        # What stands by now stays: no later search for garbage is to visit it.
        gc.freeze()
        await over.wait()
    finally:
        await app.stop()
