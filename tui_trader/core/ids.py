"""Ids that are made here: client order ids, which commit a journal row, and short ones that a person types."""

import base64
import hashlib
from collections.abc import Container

from tui_trader.core.words import ClientOrderId

PREFIX = "tt-"
"""How our orders are told from others at the exchange."""

_COMMITTED = 16
"""Bytes of the hash that fit: 22 characters of base64url, 25 with the prefix; the exchange allows 36."""


_TYPED = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What a person can read aloud and type: no 0, O, 1 or I."""
_SHORT = 4


def typed_id(made_from: bytes, taken: Container[str]) -> str:
    """A short id that a person can type, from the hash of what it is about; longer where the short one is taken.

    It is drawn from a hash and not counted, so that a slip of the finger names nothing rather than a neighbour.
    """
    digest = hashlib.sha256(made_from).digest()
    letters = "".join(_TYPED[byte % len(_TYPED)] for byte in digest)
    return next(letters[:length] for length in range(_SHORT, len(letters) + 1) if letters[:length] not in taken)


def client_order_id(row_hash: bytes) -> ClientOrderId:
    """`tt-` and the base64url of the first 16 bytes of the intent row's SHA-256, without padding.

    The alphabet is inside the exchange's `[.A-Z:/a-z0-9_-]`. Raises ValueError for anything but 32 bytes.
    """
    if len(row_hash) != 32:
        raise ValueError(f"a row's hash has 32 bytes, not {len(row_hash)}")
    return ClientOrderId(PREFIX + base64.urlsafe_b64encode(row_hash[:_COMMITTED]).rstrip(b"=").decode("ascii"))
