"""A VEN that is pushed to hears of an event from a served state folder, over TLS and in a lab."""

import queue
import threading
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from certs.issue import Family
from certs.tls import openadr_client_context, openadr_server_context
from schemas.openadr import decode_payload, encode_payload, wrap
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.registration import OadrCreatePartyRegistration
from schemas.openadr.report import OadrRegisterReport

LIMIT_S = 20


class Box(HTTPServer):
    """The server of a VEN: it keeps what comes and replies with nothing."""

    def __init__(self, tls):
        self.got = queue.Queue()
        super().__init__(("127.0.0.1", 0), Hearing)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)


class Hearing(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.put(decode_payload(body).oadrSignedObject.message)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("family", [Family.ECC, None])
def test_a_ven_hears_of_an_event_without_a_poll(house, family):
    enrolled = {"kind": "ven", "name": "pushed"}
    serving = calling = None
    if family is not None:
        files = house.pki.issue_ven("pushed", family, now=house.now, hosts=["127.0.0.1"])
        enrolled["certificate"] = files.chain.read_text()
        trust = house.pki.openadr_trust
        serving = openadr_server_context([(files.chain, files.key)], trust)
        calling = openadr_client_context(files.chain, files.key, trust)
    house.admin("POST", "/clients", enrolled)
    box = Box(serving)
    thread = threading.Thread(target=box.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        register(house, calling, f"http{'s' * bool(calling)}://127.0.0.1:{box.server_port}")
        assert isinstance(box.got.get(timeout=LIMIT_S), OadrRegisterReport)
        event = house.admin("POST", "/events", simple_event(house.program()))["event"]
        told = box.got.get(timeout=LIMIT_S)
    finally:
        box.shutdown()
        thread.join()
        box.server_close()
    assert isinstance(told, OadrDistributeEvent)
    assert [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent] == [event["id"]]


def register(house, tls, address):
    message = OadrCreatePartyRegistration(
        requestID="r",
        oadrProfileName="2.0b",
        oadrTransportName="simpleHttp",
        oadrTransportAddress=address,
        oadrReportOnly=False,
        oadrXmlSignature=False,
        oadrVenName="pushed",
        oadrHttpPullModel=False,
    )
    if tls is None:
        line = HTTPConnection("127.0.0.1", house.ports["plain"], timeout=10)
    else:
        line = HTTPSConnection("127.0.0.1", house.ports["openadr"], context=tls, timeout=10)
    path = "/OpenADR2/Simple/2.0b/EiRegisterParty"
    line.request("POST", path, encode_payload(wrap(message)), {"Content-Type": "application/xml"})
    answer = decode_payload(line.getresponse().read()).oadrSignedObject.message
    line.close()
    assert answer.eiResponse.responseCode == "200", answer


def simple_event(program_id):
    return {
        "program_id": program_id,
        "name": "peak",
        "start_in_s": 60,
        "intervals": [{"duration_s": 60, "values": [1]}],
        "signals": [{"name": "SIMPLE", "type": "level"}],
    }
