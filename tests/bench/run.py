"""`make bench`: what requests cost our server, as ratios to a bare aiohttp handler in the same run.

Both are asked in turns, and the medians are compared: CPU of the server process, not wall time, so
that a busy machine moves the figures little. The codec's figures, beside other libraries, come from
`tests.bench.codec`. Writes build/bench.json; asserts nothing.
"""

import argparse
import json
import ssl
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import uvloop

from certs.tls import openadr_client_context, sep2_client_context
from tests.bench import codec
from tests.bench.crowd import CROWD, holding
from tests.bench.load import Job, cpu_us_per_request, once
from tests.bench.memory import kib_per_connection
from tests.bench.metering import SITE, mirror, readings
from tests.bench.reporting import agree
from tests.bench.signing import signed, signing_us
from tests.bench.world import World, running, seed

SERVICE = "/OpenADR2/Simple/2.0b"
_HEAD = b"%b %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
_PAYLOAD = (
    '<oadr:oadrPayload xmlns:oadr="http://openadr.org/oadr-2.0b/2012/07"'
    ' xmlns:ei="http://docs.oasis-open.org/ns/energyinterop/201110"'
    ' xmlns:pyld="http://docs.oasis-open.org/ns/energyinterop/201110/payloads">'
    "<oadr:oadrSignedObject>{}</oadr:oadrSignedObject></oadr:oadrPayload>"
)
_POLL = '<oadr:oadrPoll ei:schemaVersion="2.0b"><ei:venID>{}</ei:venID></oadr:oadrPoll>'
_REQUEST = (
    '<oadr:oadrRequestEvent ei:schemaVersion="2.0b"><pyld:eiRequestEvent>'
    "<pyld:requestID>r1</pyld:requestID><ei:venID>{}</ei:venID>"
    "</pyld:eiRequestEvent></oadr:oadrRequestEvent>"
)


def request(method: str, path: str, body: str | bytes = "") -> bytes:
    data = body.encode() if isinstance(body, str) else body
    kind = b"application/sep+xml" if isinstance(body, bytes) else b"application/xml"
    return _HEAD % (method.encode(), path.encode(), kind, len(data), data)


def jobs(world: World) -> list[Job]:
    """What is measured; the names are those of the published yardsticks."""
    tls = openadr_client_context(world.ven.chain, world.ven.key, world.pki.openadr_trust)
    poll = _PAYLOAD.format(_POLL.format(world.ven_id))
    ask = _PAYLOAD.format(_REQUEST.format(world.ven_id))
    openadr, pid = world.ports["openadr"], world.server_pid
    return [
        *sep2_jobs(world),
        mmr_post(world),
        Job(
            name="oadr_poll_idle",
            pid=pid,
            port=openadr,
            tls=tls,
            request=request("POST", f"{SERVICE}/OadrPoll", poll),
        ),
        # An event is delivered to a poll once; asking for it costs the same and always answers.
        Job(
            name="oadr_poll_event",
            pid=pid,
            port=openadr,
            tls=tls,
            request=request("POST", f"{SERVICE}/EiEvent", ask),
        ),
    ]


def sep2_jobs(world: World) -> list[Job]:
    """What a 2030.5 device reads most."""
    listing = f"/edev/{world.device_id}/derp/{world.program_id}/derc?s=0&l=10"
    paths = {"derc_list_get": listing, "end_devices_get": "/edev?s=0&l=10", "time_get": "/tm"}
    return [sep2_job(world, name, request("GET", path)) for name, path in paths.items()]


def mmr_post(world: World) -> Job:
    path = f"/mup/{world.device_id}-{SITE}"
    return sep2_job(world, "mmr_post", request("POST", path, readings()))


def sep2_job(world: World, name: str, body: bytes) -> Job:
    port, tls = world.ports["sep2"], sep2_tls(world)
    return Job(name=name, pid=world.server_pid, port=port, tls=tls, request=body)


async def update_report(world: World) -> Job:
    """Return the job that sends data of a report, once the report is agreed."""
    bare = next(job for job in jobs(world) if job.name == "oadr_poll_idle")

    async def say(service: str, body: bytes) -> bytes:
        return await once(
            replace(bare, request=request("POST", f"{SERVICE}/{service}", body.decode()))
        )

    body = await agree(say, world.ven_id)
    path = f"{SERVICE}/EiReport"
    return replace(bare, name="update_report", request=request("POST", path, body.decode()))


def mirroring(world: World) -> Job:
    """Return what must be posted once before readings are taken."""
    return sep2_job(world, "mup_post", request("POST", "/mup", mirror(world.device.identity.lfdi)))


def sep2_tls(world: World) -> ssl.SSLContext:
    return sep2_client_context(world.device.chain, world.device.key, world.pki.sep2_trust)


async def drain(job: Job) -> int:
    """Ask until the answer stays the same; return its size."""
    last = b""
    for _ in range(50):
        answer = await once(job)
        if len(answer) == len(last):
            return len(answer)
        last = answer
    raise RuntimeError(f"{job.name} does not settle")


async def compare(world: World, job: Job, rounds: int, requests: int) -> dict[str, float]:
    size = await drain(job)
    bare = Job(
        name="bare",
        pid=world.reference_pid,
        port=world.reference_port,
        tls=sep2_tls(world),
        request=request("GET", f"/{size}"),
    )
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(await cpu_us_per_request(bare, requests))
        ours.append(await cpu_us_per_request(job, requests))
    cost, base = statistics.median(ours), statistics.median(theirs)
    return {
        "ratio": round(cost / base, 2),
        "cpu_us": round(cost, 1),
        "bare_cpu_us": round(base, 1),
        "body_bytes": size,
    }


async def measure(rounds: int, requests: int) -> dict[str, dict[str, float]]:
    """Compare each job with the bare handler; those of 2030.5 once more amid many devices."""
    alone = await measure_alone(rounds, requests)
    return alone | await measure_crowded(rounds, requests)


async def measure_crowded(rounds: int, requests: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        seeded = await seed(state, crowd=CROWD)
        found = {"book": holding(state)}
        with running(state, seeded) as world:
            await once(mirroring(world))
            for job in (*sep2_jobs(world), mmr_post(world)):
                found[f"{job.name}_crowd"] = await compare(world, job, rounds, requests)
        return found


async def measure_alone(rounds: int, requests: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        seeded = await seed(state)
        with running(state, seeded) as world:
            await once(mirroring(world))
            found = {job.name: await compare(world, job, rounds, requests) for job in jobs(world)}
            found["signed_answer"] = signed(found["oadr_poll_idle"], signing_us(world.pki, rounds))
            report = await update_report(world)
            found[report.name] = await compare(world, report, rounds, requests)
            found["idle_conn_kib"] = await kib_per_connection(world, sep2_tls(world))
            return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    given = parser.parse_args()
    found = uvloop.run(measure(given.rounds, given.requests)) | codec.measure()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(found, indent=2) + "\n")
    wide = max(map(len, found))
    for name, figures in found.items():
        told = "  ".join(f"{key} {value}" for key, value in figures.items())
        sys.stdout.write(f"{name:{wide}} {told}\n")


if __name__ == "__main__":
    main()
