"""The composition: builds every part from the state folder and starts and stops them in order.

The one module that knows everything; it decides nothing. Order of the start: store, book, edge,
listeners; only when the edge has compared every device is the server ready. The stop goes the
other way.
"""

import asyncio
import json
import logging
import os
import random
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from ssl import SSLContext

from certs.folder import Pki
from certs.tls import (
    openadr_server_context,
    self_test_ccm8,
    sep2_client_context,
    sep2_server_context,
)
from server.admin.access import digest_of, new_secret
from server.admin.face import AdminFace
from server.alarm import Alarm
from server.clock import Clock, SystemClock
from server.config import (
    DATABASE_FILE,
    MAPS_FOLDER,
    PKI_FOLDER,
    PORTS_FILE,
    TOKEN_FILE,
    Config,
    ConfigError,
    load,
)
from server.core.command import CreateGroup, CreateProgram, IssueToken
from server.core.model import DeviceId, GroupId, Role
from server.desk import Desk
from server.edge.edge import Edge
from server.edge.registermap import find_map
from server.net.listener import Handler, listen
from server.openadr.face import OpenAdrFace
from server.openadr.settings import OpenAdrSettings
from server.openadr.signature import Signing
from server.outbox.courier import Courier
from server.outbox.outbox import Outbox
from server.outbox.settings import OutboxSettings
from server.sep2.face import Sep2Face
from server.sep2.settings import Sep2Settings
from server.store.store import Entry, Store
from server.tasks import Tasks

log = logging.getLogger(__name__)

TOKEN_LIFETIME = timedelta(days=365)
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
        self.ports: dict[str, int] = {}
        """Where each listener listens, once started."""

    async def start(self) -> None:
        """Start everything; returns when the server is ready."""
        desk = await self._open_desk()
        await _seed(desk)
        await self._write_token(desk)
        edge = self._start_edge(desk)
        sep2 = Sep2Face(desk, self._sep2_settings())
        outbox = await self._open_outbox(desk, sep2)
        self._start_alarm(desk, edge, outbox)
        await self._listen_admin(desk, edge)
        await self._settle(edge)
        await self._listen_sep2(sep2)
        await self._listen_openadr(desk)
        self._is_ready = True
        _replace(self._state / PORTS_FILE, json.dumps(self.ports))
        log.info("ready: %s", self.ports)

    async def stop(self) -> None:
        """Stop everything, the listeners first; devices keep what they were told."""
        self._is_ready = False
        (self._state / PORTS_FILE).unlink(missing_ok=True)
        await self._stack.aclose()

    async def _open_desk(self) -> Desk:
        url = self._config.store_url or f"sqlite:///{self._state / DATABASE_FILE}"
        store = await Store.open(url)
        self._stack.push_async_callback(store.close)
        self._stack.push_async_callback(self._tasks.stop)
        desk = Desk(store, self._clock, self._rng, pen=self._config.sep2.pen)
        await desk.open()
        return desk

    async def _write_token(self, desk: Desk) -> None:
        """Leave a token of full rights in the state folder, for the command line here."""
        path = self._state / TOKEN_FILE
        if path.exists():
            return
        secret = new_secret()
        await desk.submit(
            IssueToken(
                name="state folder",
                role=Role.ADMIN,
                digest=digest_of(secret),
                expires_at=self._clock.now() + TOKEN_LIFETIME,
            ),
            actor="start",
        )
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secret + "\n")

    def _start_edge(self, desk: Desk) -> Edge:
        edge = Edge(desk, self._tasks, rng=self._rng, maps=self._state / MAPS_FOLDER)
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
        outbox = Outbox(desk, self._tasks, sep2.notices, courier, rng=self._rng)
        await outbox.open()
        return outbox

    def _start_alarm(self, desk: Desk, edge: Edge, outbox: Outbox) -> None:
        def due() -> datetime | None:
            changes = (edge.next_change(), outbox.next_change())
            return min((at for at in changes if at is not None), default=None)

        def ring() -> None:
            edge.wake()
            outbox.wake()

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

    async def _listen_admin(self, desk: Desk, edge: Edge) -> None:
        maps = self._state / MAPS_FOLDER

        def describe(device_id: DeviceId) -> Mapping[str, object]:
            return asdict(edge.status(device_id))

        face = AdminFace(
            desk,
            describe_edge=describe,
            is_ready=lambda: self._is_ready,
            maps=lambda name: find_map(name, maps).modes,
        )
        await self._listen("admin", face.handle, LOOPBACK, self._config.admin.port, None)

    def _sep2_settings(self) -> Sep2Settings:
        config = self._config.sep2
        return Sep2Settings(
            in_band=config.in_band,
            time_zone=config.time_zone,
            poll_rate_s=config.poll_rate_s,
            notification_hosts=config.notification_hosts,
            may_notify_plain_loopback=config.plain_notifications,
        )

    async def _listen_sep2(self, face: Sep2Face) -> None:
        config, trust = self._config.sep2, self._pki.sep2_trust
        own, test = self._files.sep2, self._files.sep2_notifier
        tls = sep2_server_context(own.chain, own.key, trust, tls13=config.tls13)
        self_test_ccm8(tls, test.chain, test.key, trust)
        await self._listen("sep2", face.handle, config.host, config.port, tls)

    async def _listen_openadr(self, desk: Desk) -> None:
        config, files = self._config.openadr, self._files
        settings = OpenAdrSettings(
            vtn_id=config.vtn_id,
            poll_interval=timedelta(seconds=config.poll_interval_s),
            request_reports=config.request_reports,
            report_period=timedelta(seconds=config.report_period_s),
            signatures=config.signatures,
            signature_window=timedelta(seconds=config.signature_window_s),
        )
        signing = Signing.of(rsa=files.rsa.load(), ecc=files.ecc.load())
        face = OpenAdrFace(desk, settings, signing=signing)
        await face.open()
        if config.plain_port is not None:
            plain = OpenAdrFace(desk, replace(settings, allow_plain=True))
            await plain.open()
            await self._listen("plain", plain.handle, LOOPBACK, config.plain_port, None)
        tls = openadr_server_context(
            [(files.rsa.chain, files.rsa.key), (files.ecc.chain, files.ecc.key)],
            self._pki.openadr_trust,
            strict_ciphers=config.strict_ciphers,
        )
        await self._listen("openadr", face.handle, config.host, config.port, tls)

    async def _listen(
        self, name: str, handler: Handler, host: str, port: int, tls: SSLContext | None
    ) -> None:
        listener = await listen(handler, host=host, port=port, tls=tls)
        self._stack.push_async_callback(listener.stop)
        self.ports[name] = listener.port


async def _seed(desk: Desk) -> None:
    """Give an empty book a group of all and a program for it, so that a first event has a place."""
    if desk.book.groups or desk.book.programs:
        return
    await desk.submit(CreateGroup(name="all", joins_new_devices=True), actor="start")
    groups = frozenset({GroupId(next(iter(desk.book.groups)))})
    program = CreateProgram(
        name="default", primacy=10, groups=groups, market_context="urn:gridherald:default"
    )
    await desk.submit(program, actor="start")


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
        await over.wait()
    finally:
        await app.stop()
