"""What a signed answer costs: the signature, made as the server makes it, beside the answer."""

import statistics
import time
from datetime import UTC, datetime

from certs.folder import Pki
from schemas.openadr import encode_payload, wrap
from schemas.openadr.blocks import EiResponse
from schemas.openadr.payload import OadrResponse
from server.openadr.signer import Signer

BATCH = 50
_OUTCOME = EiResponse(responseCode="200", responseDescription="OK", requestID="")
_ANSWER = OadrResponse(eiResponse=_OUTCOME, venID="ven-bench")


def signing_us(pki: Pki, rounds: int) -> float:
    """Return the microseconds of CPU that a signature with the server's RSA key takes."""
    signer = Signer(pki.server().rsa.load())
    document = encode_payload(wrap(_ANSWER))
    now = datetime.now(UTC)  # noqa: TID251
    spent = []
    for _ in range(rounds):
        before = time.process_time_ns()
        for number in range(BATCH):
            signer.sign(document, now=now, nonce=f"{number:032x}")
        spent.append((time.process_time_ns() - before) / BATCH / 1000)
    return statistics.median(spent)


def signed(idle: dict[str, float], signature_us: float) -> dict[str, float]:
    """Return the figures of the answer to an idle poll with a signature on it.

    A signed message counts once, so the same request cannot be sent over and over: what the answer
    costs unsigned and what its signature costs are added.
    """
    cost = idle["cpu_us"] + signature_us
    return {
        "ratio": round(cost / idle["bare_cpu_us"], 2),
        "cpu_us": round(cost, 1),
        "bare_cpu_us": idle["bare_cpu_us"],
    }
