"""Ids that are made here: a client order id commits the journal row that announced the order."""

import base64

from tui_trader.core.words import ClientOrderId

PREFIX = "tt-"
"""How our orders are told from others at the exchange."""

_COMMITTED = 16
"""Bytes of the hash that fit: 22 characters of base64url, 25 with the prefix; the exchange allows 36."""


def client_order_id(row_hash: bytes) -> ClientOrderId:
    """`tt-` and the base64url of the first 16 bytes of the intent row's SHA-256, without padding.

    The alphabet is inside the exchange's `[.A-Z:/a-z0-9_-]`. Raises ValueError for anything but 32 bytes.
    """
    if len(row_hash) != 32:
        raise ValueError(f"a row's hash has 32 bytes, not {len(row_hash)}")
    return ClientOrderId(PREFIX + base64.urlsafe_b64encode(row_hash[:_COMMITTED]).rstrip(b"=").decode("ascii"))
