"""The same messages read and written by xsdata and pydantic-xml, as ratios to a bare lxml parse.

Runs in the environment of `tests/peers.lock` and knows nothing of ours; `tests/bench/beside.py`
starts it. The first folder holds the messages, the last one receives the classes that xsdata makes
of the official schemas. For each name of a message on a line, one round of it is timed and told as
a line of JSON: by peer and step, in microseconds.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from envoy_schema.server.schema.sep2.der import DERControlListResponse
from envoy_schema.server.schema.sep2.metering_mirror import MirrorMeterReadingRequest
from lxml import etree
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler
from xsdata.formats.dataclass.serializers import XmlSerializer

Steps = dict[str, Callable[[], Any]]
PYDANTIC = {
    "codec_derc_list_10": DERControlListResponse,
    "codec_mirror_reading_5": MirrorMeterReadingRequest,
}
SCHEMAS = {
    "peers_sep2": "csipaus12/csipaus-core.xsd",
    "peers_openadr": "openadr/oadr_20b.xsd",
}
XSDATA = {
    "codec_derc_list_10": ("peers_sep2", "DercontrolList"),
    "codec_mirror_reading_5": ("peers_sep2", "MirrorMeterReading"),
    "codec_distribute_event_3": ("peers_openadr", "OadrPayload"),
    "codec_update_report_20": ("peers_openadr", "OadrPayload"),
}


def generate(oracles: Path, folder: Path) -> None:
    """Let xsdata make classes of the official schemas, unless it has."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(sys.executable).parent  # xsdata runs the ruff that it finds on the path
    search = {**os.environ, "PATH": f"{beside}:{os.environ['PATH']}"}
    for package, schema in SCHEMAS.items():
        if (folder / package).exists():
            continue
        command = [sys.executable, "-m", "xsdata", "generate", str((oracles / schema).resolve())]
        options = ["--package", package, "--structure-style", "single-package"]
        subprocess.run([*command, *options], cwd=folder, check=True, env=search, stdout=sys.stderr)


def steps(name: str, data: bytes) -> Iterator[tuple[str, Steps]]:
    """Yield the peers that know a message, and how they read and write it."""
    if name in XSDATA:
        package, kind = XSDATA[name]
        cls = getattr(importlib.import_module(package), kind)
        parser = XmlParser(context=XmlContext(), handler=LxmlEventHandler)
        writer, element = XmlSerializer(context=parser.context), parser.from_bytes(data, cls)
        yield (
            "xsdata",
            {
                "decode": lambda: parser.from_bytes(data, cls),
                "encode": lambda: writer.render(element),
            },
        )
    if name in PYDANTIC:
        model = PYDANTIC[name]
        made = model.from_xml(data)
        yield (
            "pydantic_xml",
            {
                "decode": lambda: model.from_xml(data),
                "encode": lambda: made.to_xml(skip_empty=False, exclude_none=True),
            },
        )


def once(data: bytes, peer: Steps) -> dict[str, float]:
    """Return the microseconds of one round of all steps, a bare parse among them."""
    repeat = max(1, 50_000 // len(data))
    every: Steps = {"parse": lambda: etree.fromstring(data), **peer}
    spent = {}
    for name, step in every.items():
        start = time.process_time_ns()
        for _ in range(repeat):
            step()
        spent[name] = (time.process_time_ns() - start) / repeat / 1000
    return spent


def main(samples: Path, oracles: Path, folder: Path) -> None:
    generate(oracles, folder)
    sys.path.insert(0, str(folder))
    bodies = {path.stem: path.read_bytes() for path in samples.glob("*.xml")}
    known = {name: (data, dict(steps(name, data))) for name, data in bodies.items()}
    for line in sys.stdin:
        data, peers = known[line.strip()]
        told = json.dumps({peer: once(data, each) for peer, each in peers.items()})
        sys.stdout.write(told + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} SAMPLES ORACLES GENERATED")
    main(*map(Path, sys.argv[1:]))
