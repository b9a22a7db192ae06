"""A client order id commits the row that announced the order, in the exchange's alphabet and length."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.ids import client_order_id


@given(st.binary(min_size=32, max_size=32))
def test_the_id_holds_the_first_half_of_the_hash(row_hash: bytes) -> None:
    made = client_order_id(row_hash)
    assert re.fullmatch(r"tt-[A-Za-z0-9_-]{22}", made)
    assert len(made) <= 36
    assert base64.urlsafe_b64decode(made[3:] + "==") == row_hash[:16]


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_only_a_whole_hash_makes_an_id(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        client_order_id(bytes(size))
