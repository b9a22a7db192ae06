"""Who asks, and whether it is recent: signatures over the raw query and the raw body, and the receive window."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tui_trader.core.clock import Instant, to_milliseconds
from tui_trader.exchange.loopback.options import Credentials
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal, refuse

KEY_HEADER = "X-MBX-APIKEY"
_WINDOW = 5000
_WIDEST_WINDOW = 60_000
_AHEAD = 1000
"""Milliseconds that a request may lie in the server's future."""
_UNAUTHORISED = 401
_NAME = b"signature="


class Security(Enum):
    """What an endpoint asks for."""

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"


def signed_text(query: bytes, body: bytes) -> bytes:
    """What is signed: the raw query and the raw body one after the other, without the parameter `signature`."""
    return b"".join(
        b"&".join(pair for pair in part.split(b"&") if not pair.startswith(_NAME)) for part in (query, body)
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its admission needs it: the key that it names, its parameters, and the bytes that are signed."""

    key: str | None
    params: Params
    query: bytes
    body: bytes


class Doorkeeper:
    """Checks requests against the credentials."""

    def __init__(self, credentials: Credentials) -> None:
        """Raises ValueError for a public key that is neither Ed25519 nor RSA."""
        self._credentials = credentials
        self._public: Ed25519PublicKey | RSAPublicKey | None = None
        if credentials.public_pem:
            public = load_pem_public_key(credentials.public_pem.encode())
            if not isinstance(public, Ed25519PublicKey | RSAPublicKey):
                raise ValueError("the public key is neither an Ed25519 nor an RSA key in PEM format")
            self._public = public

    def admit(self, security: Security, asked: Asked, now: Instant) -> None:
        """Raises Refusal where the request is not the owner's, or not of now."""
        if security is Security.NONE:
            return
        if not asked.key:
            raise refuse(-2014, status=_UNAUTHORISED)
        if asked.key not in (self._credentials.key, self._credentials.pem_key):
            raise refuse(-2015, status=_UNAUTHORISED)
        if security is Security.SIGNED:
            _check_window(asked.params, to_milliseconds(now))
            asked.params.required("signature")
            if not self._is_signed(asked.key, asked.query, asked.body):
                raise refuse(-1022)

    def _is_signed(self, key: str, query: bytes, body: bytes) -> bool:
        found = [pair for part in (query, body) for pair in part.split(b"&") if pair.startswith(_NAME)]
        signature = unquote_to_bytes(found[0].removeprefix(_NAME)) if found else b""
        text = signed_text(query, body)
        if key == self._credentials.key:
            digest = hmac.new(self._credentials.secret.encode(), text, hashlib.sha256).hexdigest()
            return hmac.compare_digest(digest.encode(), signature.lower())
        if self._public is None:
            return False
        try:
            proof = base64.b64decode(signature, validate=True)
            if isinstance(self._public, RSAPublicKey):
                self._public.verify(proof, text, PKCS1v15(), SHA256())
            else:
                self._public.verify(proof, text)
        except (InvalidSignature, binascii.Error):
            return False
        return True


def _check_window(params: Params, now: int) -> None:
    stamp = params.integer("timestamp")
    if stamp is None:
        raise refuse(-1102, "timestamp")
    window = params.integer("recvWindow", _WINDOW)
    assert window is not None
    if window > _WIDEST_WINDOW:
        raise refuse(-1131)
    if stamp > now + _AHEAD:
        raise Refusal(-1021, f"Timestamp for this request was {_AHEAD}ms ahead of the server's time.")
    if now - stamp > window:
        raise refuse(-1021)
