"""Each method that the WADL of 2030.5 asks of each resource, driven where everything exists.

A row either works for whoever may, is the error that it is to be, or is refused by policy, as
`refused.csv` says with its reason. What others find is told in `test_replay.py`.
"""

import sys
from collections import Counter
from itertools import product

import pytest

from server.sep2.published.routes import COMBINED
from server.sep2.routes import SERVED, href, match

pytestmark = pytest.mark.conformance

READS = ("GET", "HEAD")
METHODS = (*READS, "PUT", "POST", "DELETE")
ELSEWHERE = {"Notification": "/ntfy/1", "NotificationList": "/ntfy"}
DRIVEN = [route for route in SERVED if route is not COMBINED]
"""All but what CSIP-AUS 1.2, which bodies are checked by, does not know."""


def named(resource: str) -> list:
    return [route for route in DRIVEN if resource in (route.resource, *route.also)]


def test_every_row_is_offered_as_its_mode_says_or_refused_with_a_reason(inventory, refused):
    missing = []
    for resource, modes in inventory.items():
        assert set(modes) == set(METHODS)
        for method, mode in modes.items():
            offered = [method in route.methods for route in named(resource)]
            may_be_set = (resource, method) == ("Registration", "PUT")
            if mode == "Error":
                assert not any(offered), (resource, method)
            if resource in ELSEWHERE or (mode != "Error" and not (any(offered) or may_be_set)):
                missing.append((resource, method, mode))
    assert missing == [
        (line["resource"], line["method"], line["mode"]) for line in refused.values()
    ]
    by_us = [line for line in refused.values() if line["resource"] not in ELSEWHERE]
    assert {line["mode"] for line in by_us} == {"Optional", "Discouraged"}
    assert all(line["reason"] for line in refused.values())
    assert set(inventory) == {
        name for route in SERVED for name in (route.resource, *route.also)
    } | {*ELSEWHERE}


class Sweep:
    """The rows as one client finds them."""

    def __init__(self, stage, places, is_open):
        self.stage = stage
        self.places = places
        self.is_open = is_open
        """Tells whether a method of a resource is to work."""
        self.client = stage.client
        self.worked = {("EndDeviceList", "POST")}
        """What a device was registered by, before everything else."""

    def check_found(self):
        """See that links lead to everything: an aggregator finds what is for a group, only."""
        unlinked = [route for route in DRIVEN if route.name not in self.places]
        assert not unlinked or self.stage.name == "boss"
        for route in unlinked:
            assert f"group_{route.name}" in self.places
            self.places[route.name] = href(route.name, e=self.stage.device)

    def paths(self, resource):
        if resource in self.stage.answers:
            return [self.stage.answers[resource]]
        return [self.places[route.name] for route in named(resource)]

    async def reads(self, resource):
        for path in self.paths(resource):
            read, head = await self.client.get(path), await self.client.ask("HEAD", path)
            assert (read.status, head.status, head.body) == (200, 200, b""), path
            assert {**head.headers, "Date": ""} == {**read.headers, "Date": ""}, path
            assert read.headers["Content-Length"] == str(len(read.body))
            assert not match(path)[0].is_xml or read.xml.get("href") == path
        self.worked |= {(resource, method) for method in READS}

    async def refuses(self, resource, method):
        for path in self.paths(resource):
            answer = await self.client.ask(method, path, b"")
            assert (answer.status, answer.text("reasonCode")) == (405, "0"), (path, method)
            allowed = answer.headers["Allow"].split(", ")
            assert method not in allowed
            assert set(allowed) >= set(READS)

    async def puts(self, resource):
        for path in self.paths(resource):
            before = await self.client.get(path)
            put = await self.client.put(path, before.body)
            assert put.status in {200, 201, 204}, (path, put.headers)
            assert (await self.client.get(path)).status == 200
        self.worked.add((resource, "PUT"))

    async def posts(self, resource):
        for route in named(resource):
            if "POST" in route.methods and route.name not in {"end_devices", "responses"}:
                body = self.stage.body(route.name, "POST")
                posted = await self.client.post(self.places[route.name], body)
                assert posted.status in {200, 201, 204}, route.name
                self.worked.add((resource, "POST"))
        if resource == "ResponseList":
            assert len(self.stage.answers) == len(named("Response")[0].also) + 1
            self.worked.add((resource, "POST"))

    async def deletes(self, resource):
        for path in self.paths(resource):
            gone = await self.client.delete(path)
            assert gone.status in {200, 204}, (path, gone.headers)
            assert (await self.client.get(path)).status == 404
            assert (await self.client.delete(path)).status in {403, 404}
        self.worked.add((resource, "DELETE"))

    def depth(self, resource):
        """Sort what is below first, and what all stands below last."""
        path = self.paths(resource)[0]
        return path.count("/") - 9 * (resource == "EndDevice")


async def test_what_stands_elsewhere_is_not_there(alpha):
    for path, method in product(ELSEWHERE.values(), METHODS):
        assert (await alpha.ask(method, path)).status == 404, path


@pytest.mark.parametrize("name", ["newcomer", "boss"])
async def test_every_row_works_or_is_refused_as_it_should(name, stage, inventory, refused):
    def is_open(resource, method):
        return inventory[resource][method] != "Error" and (resource, method) not in refused

    made = await stage(name)
    sweep = Sweep(made, await made.places(), is_open)
    sweep.check_found()
    here = [one for one in inventory if one not in ELSEWHERE]
    outcomes = {}
    for resource in here:
        await sweep.reads(resource)
        for method in [one for one in METHODS if not sweep.is_open(resource, one)]:
            is_error = inventory[resource][method] == "Error"
            outcomes[resource, method] = "are errors" if is_error else "are refused"
            await sweep.refuses(resource, method)
    wanted = [(one, method) for one in here for method in METHODS if sweep.is_open(one, method)]
    for resource, method in wanted:
        if method in {"PUT", "POST"}:
            await (sweep.puts if method == "PUT" else sweep.posts)(resource)
    deleted = [resource for resource, method in wanted if method == "DELETE"]
    for resource in sorted(deleted, key=sweep.depth, reverse=True):
        await sweep.deletes(resource)
    assert sweep.worked == set(wanted)
    outcomes |= dict.fromkeys(wanted, "work")
    outcomes |= {(one, method): "stand elsewhere" for one in ELSEWHERE for method in METHODS}
    counts = Counter(outcomes.values())
    assert counts.total() == sum(map(len, inventory.values())) == 635
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    sys.stdout.write(f"as {name}: of {counts.total()} methods {told}\n")
