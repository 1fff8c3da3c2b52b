"""What a signature of OpenADR 2.0b must say beside who signed: when, and a word used only once.

It stands among the signed properties inside `ds:Signature` (OADR 2.0b rule 514). Everything else of
a signature is XML-DSig and is checked on the XML; it must not know keys or clocks.
"""

from typing import Annotated

from schemas.openadr.namespaces import DSP
from schemas.openadr.types import Instant
from schemas.simple import AnyURI, String
from schemas.wire import ATTR, TEXT, Element, NsMap

NS_MAP = NsMap({"dsp": DSP})


class Nonce(Element, ns=DSP, tag="nonce"):
    """A word that its sender never uses again."""

    EncodingType: Annotated[AnyURI | None, ATTR] = None
    text: Annotated[String, TEXT]


class ReplayProtect(Element, ns=DSP):
    """Makes a message sent a second time known as such; `timestamp` is the moment of sending."""

    timestamp: Instant
    nonce: Nonce
