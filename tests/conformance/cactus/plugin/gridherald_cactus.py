"""Turns what cactus asks of an administrator into plain calls of Gridherald's admin API.

GRIDHERALD_SERVER names the admin face and GRIDHERALD_TOKEN holds a token of the role engineer. A
device gets groups and programs of its own, so that two clients under test do not share a control,
and leaves the groups that every new device joins. It must not know Gridherald but for its API.
"""

import asyncio
import json
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cactus_client.admin import hookimpl
from cactus_client.model.config import ClientConfig
from cactus_client.model.context import AdminContext
from cactus_client.model.execution import ActionResult, StepExecution
from cactus_client.sep2 import lfdi_from_cert_file
from cactus_test_definitions.server.admin_instructions import AdminInstruction
from cactus_test_definitions.server.test_procedures import ClientType

TIMEOUT_S = 20.0
SETTLE_S = 0.5
"""What a notification is given to arrive before cactus looks: a late one would be a warning."""
LEAD_S = 30
"""How far ahead a control is scheduled that says no more than that it is."""
ACTIVE_LENGTH_S = 300
SCHEDULED_LENGTH_S = 60
PRIMACY = 10
NO_FSA = "main"

CONTROLS = {
    "opModExpLimW": "export_limit_w",
    "opModImpLimW": "import_limit_w",
    "opModGenLimW": "generation_limit_w",
    "opModLoadLimW": "load_limit_w",
    "opModConnect": "connect",
    "opModEnergize": "energize",
}
HUNDREDTHS = {"opModFixedW": "fixed_w_percent", "rampTms": "ramp_s"}

Json = dict[str, Any]


class Api:
    """The admin API of one server."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1"
        self._token = token

    def ask(self, method: str, path: str, body: Json | None = None, **query: str) -> Any:
        """Return what the server answers; raise RuntimeError with its reason if it refuses."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self._url}{path}{'?' * bool(query)}{urlencode(query)}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                told = answer.read()
        except urllib.error.HTTPError as refusal:
            reason = refusal.read().decode(errors="replace")
            raise RuntimeError(f"{method} {path}: {refusal.code} {reason}") from None
        return json.loads(told) if told else None

    def items(self, path: str, **query: str) -> list[Json]:
        """Return a whole list; a lab has less than a thousand of anything."""
        found: list[Json] = self.ask("GET", path, limit="1000", **query)["items"]
        return found


class Setup:
    """What is done for one client under test."""

    def __init__(self, api: Api, config: ClientConfig) -> None:
        self._api = api
        self._config = config
        self._is_aggregator = config.type == ClientType.AGGREGATOR

    def do(self, instruction: AdminInstruction) -> None:
        """Do what an instruction asks for; LookupError for one that is not known."""
        known = {
            "ensure-end-device": self._ensure_end_device,
            "ensure-mup-list-empty": self._ensure_mup_list_empty,
            "ensure-fsa": self._ensure_fsa,
            "ensure-der-program": self._ensure_der_program,
            "ensure-der-control-list": self._ensure_der_control_list,
            "create-der-control": self._create_der_control,
            "create-default-der-control": self._create_default_der_control,
            "clear-der-controls": self._clear_der_controls,
            "set-poll-rate": self._set_poll_rate,
            "set-post-rate": self._set_post_rate,
            "set-client-access": self._set_client_access,
        }
        known[instruction.type](**instruction.parameters)

    def _ensure_end_device(self, *, registered: bool, **_links: Any) -> None:
        """Links and DER come with every device; what is left to do is to have it, or not."""
        place = f"/devices/by-lfdi/{self._config.lfdi}"
        client = self._client()
        if not registered:
            self._api.ask("DELETE", place)
            return
        body = {"name": self._config.id, "pin": self._config.pin, "client_id": client["id"]}
        device = self._api.ask("PUT", place, body)
        self._api.ask("POST", f"/clients/{client['id']}:allow")
        for group in self._api.items("/groups"):
            if group["joins_new_devices"] and group["id"] in device["groups"]:
                leaving = {"remove": [device["id"]]}
                self._api.ask("POST", f"/groups/{group['id']}:change-members", leaving)

    def _ensure_mup_list_empty(self) -> None:
        self._api.ask("DELETE", f"/clients/{self._client()['id']}/mirrors")

    def _ensure_fsa(self, *, annotation: str = NO_FSA, primacy: int | None = None) -> None:
        self._group(annotation)

    def _ensure_der_program(self, *, fsa_annotation: str = NO_FSA, primacy: int = PRIMACY) -> None:
        self._named_program(fsa_annotation, primacy)

    def _ensure_der_control_list(self, *, subscribable: bool = True) -> None:
        """Every list of controls may be subscribed to; there is one where there is a program."""
        self._program(None)

    def _create_der_control(self, *, status: str, **wished: Any) -> None:
        is_active = status == "active"
        program = self._program(wished.get("primacy"))
        length_s = wished.get(
            "duration_seconds", ACTIVE_LENGTH_S if is_active else SCHEDULED_LENGTH_S
        )
        offset_s = wished.get("start_offset_seconds")
        if offset_s is not None or is_active:
            start: Json = {"start_in_s": offset_s or 0}
        else:
            start = {"start": self._after_all_others(program["id"]).isoformat()}
        body = {
            "program_id": program["id"],
            "name": f"{status} control",
            "intervals": [{"duration_s": length_s, "controls": _controls(wished)}],
            "randomize_start_s": wished.get("randomizeStart_seconds", 0),
            "targets": {"devices": [self._device()["id"]]},
            "supersede": True,
            **start,
        }
        self._api.ask("POST", "/events", body)

    def _create_default_der_control(self, *, primacy: int | None = None, **wished: Any) -> None:
        body: Json = {"controls": _controls(wished)}
        if "setGradW" in wished:
            body["settings"] = {"ramp_percent_per_s": wished["setGradW"] / 100}
        self._api.ask("PUT", f"/programs/{self._program(primacy)['id']}/default", body)

    def _clear_der_controls(self, *, all: bool = False) -> None:  # noqa: A002 - cactus' word
        device_id = self._device()["id"]
        if all:
            self._api.ask("POST", "/events:cancel", {"device_id": device_id})
            return
        live = [event for program in self._programs() for event in self._live(program["id"])]
        if live:
            newest = max(live, key=lambda event: event["created_at"])
            self._api.ask("POST", f"/events/{newest['id']}:cancel", {})

    def _set_poll_rate(self, *, resource: str, rate_seconds: int) -> None:
        body = {"client_id": self._client()["id"], "rate_s": rate_seconds}
        self._api.ask("PUT", f"/poll-rates/{resource}", body)

    def _set_post_rate(self, *, resource: str, rate_seconds: int) -> None:
        place = f"/devices/{self._device()['id']}/post-rates/{resource}"
        self._api.ask("PUT", place, {"rate_s": rate_seconds})

    def _set_client_access(self, *, granted: bool) -> None:
        verb = "allow" if granted else "deny"
        self._api.ask("POST", f"/clients/{self._client()['id']}:{verb}")

    def _client(self) -> Json:
        """Return the holder of the certificate, enrolled if it was not."""
        lfdi = lfdi_from_cert_file(self._config.certificate_file).upper()
        found = self._api.items("/clients", lfdi=lfdi)
        if found:
            return found[0]
        kind = "aggregator" if self._is_aggregator else "device"
        body = {"kind": kind, "name": self._config.id, "lfdi": lfdi}
        enrolled: Json = self._api.ask("POST", "/clients", body)
        return enrolled

    def _device(self) -> Json:
        (found,) = self._api.items("/devices", lfdi=self._config.lfdi)
        return found

    def _group(self, annotation: str) -> Json:
        """Return the group that stands for a FunctionSetAssignments of the device."""
        device = self._device()
        name = f"{annotation} {device['id']}"
        for group in self._api.items("/groups"):
            if group["name"] == name:
                return group
        made: Json = self._api.ask("POST", "/groups", {"name": name, "members": [device["id"]]})
        return made

    def _named_program(self, annotation: str, primacy: int) -> Json:
        group = self._group(annotation)
        name = f"{group['name']} {primacy}"
        for program in self._api.items("/programs"):
            if program["name"] == name:
                return program
        body = {
            "name": name,
            "primacy": primacy,
            "groups": [group["id"]],
            "market_context": f"urn:cactus:{group['id']}:{primacy}",
        }
        made: Json = self._api.ask("POST", "/programs", body)
        return made

    def _programs(self) -> list[Json]:
        mine = set(self._device()["groups"])
        return [one for one in self._api.items("/programs") if mine.intersection(one["groups"])]

    def _program(self, primacy: int | None) -> Json:
        """Return the strongest program of the device, or the one of a primacy; made if need be."""
        found = [one for one in self._programs() if primacy in {None, one["primacy"]}]
        if found:
            return min(found, key=lambda program: program["primacy"])
        return self._named_program(NO_FSA, PRIMACY if primacy is None else primacy)

    def _live(self, program_id: str) -> list[Json]:
        now = datetime.now(UTC)  # noqa: TID251
        return [
            event
            for event in self._api.items("/events", program_id=program_id)
            if event["cancelled_at"] is None and datetime.fromisoformat(event["end"]) > now
        ]

    def _after_all_others(self, program_id: str) -> datetime:
        """Return when a scheduled control starts: they follow one another."""
        soonest = datetime.now(UTC) + timedelta(seconds=LEAD_S)  # noqa: TID251
        ends = (datetime.fromisoformat(event["end"]) for event in self._live(program_id))
        return max((soonest, *ends))


def _controls(wished: Json) -> Json:
    """Return what is asked of a device in the words of the admin API."""
    plain = {CONTROLS[name]: value for name, value in wished.items() if name in CONTROLS}
    scaled = {HUNDREDTHS[name]: v / 100 for name, v in wished.items() if name in HUNDREDTHS}
    return {**plain, **scaled}


class Plugin:
    """What cactus calls; an exception ends the procedure as failed."""

    @hookimpl
    async def admin_setup(self, context: AdminContext) -> ActionResult:
        """Find out whether there is a server to set up."""
        await asyncio.to_thread(_api().items, "/groups")
        return ActionResult.done()

    @hookimpl
    async def admin_teardown(self, context: AdminContext) -> ActionResult:
        """Leave all as it is: a lab's server is fresh at each procedure."""
        return ActionResult.done()

    @hookimpl
    async def admin_instruction(
        self, instruction: AdminInstruction, step: StepExecution, context: AdminContext
    ) -> ActionResult:
        """Do what an instruction asks for, and let its news arrive."""
        setup = Setup(_api(), context.client_config_for(instruction.client))
        await asyncio.to_thread(setup.do, instruction)
        await asyncio.sleep(SETTLE_S)
        return ActionResult.done()


def _api() -> Api:
    return Api(os.environ["GRIDHERALD_SERVER"], os.environ["GRIDHERALD_TOKEN"])
