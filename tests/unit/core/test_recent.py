"""What was seen lately is known again, and the oldest goes first."""

from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.recent import Recent


@given(keys=st.lists(st.integers(0, 20)), most=st.integers(1, 8))
def test_the_newest_keys_are_kept_and_no_more(keys: list[int], most: int) -> None:
    recent: Recent[int] = Recent(most)
    kept: list[int] = []
    for key in keys:
        recent.add(key)
        if key not in kept:
            kept = [*kept, key][-most:]
        assert len(recent) == len(kept) <= most
        assert all((each in recent) is (each in kept) for each in range(21))
