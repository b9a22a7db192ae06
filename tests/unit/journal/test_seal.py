"""The key of a home and the lines that it encrypts: what goes in comes out, and nothing else opens it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.journal.seal import Seal, SealUnusable, fresh_key, line_read, line_written

KEY = "00112233445566778899aabbccddeeff" * 2
SEAL = Seal.of(KEY)
OTHER = Seal.of("ff" * 32)
LINES = st.binary(max_size=200).filter(lambda line: not line.startswith(b"sealed:"))


@given(line=LINES)
def test_a_line_comes_back_as_it_went_and_shows_nothing(line: bytes) -> None:
    written = line_written(line, SEAL)
    assert line_read(written, SEAL) == line
    assert b"\n" not in written
    assert len(line) < 8 or line not in written


@given(line=LINES)
def test_without_a_key_lines_are_as_they_are(line: bytes) -> None:
    assert line_written(line, None) == line
    assert line_read(line, None) == line
    assert line_read(line, SEAL) == line


def test_a_line_is_encrypted_once_and_never_twice_to_the_same() -> None:
    first, second = line_written(b"{}", SEAL), line_written(b"{}", SEAL)
    assert first != second
    assert line_written(first, SEAL) == first


@given(line=LINES, place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=5))
def test_a_changed_line_does_not_open(line: bytes, place: int, bit: int) -> None:
    written = bytearray(line_written(line, SEAL))
    place = len(b"sealed:") + place % (len(written) - len(b"sealed:"))
    written[place] ^= 1 << bit
    try:
        read = line_read(bytes(written), SEAL)
    except ValueError:
        return
    assert read == line  # the last characters of base64 have bits that say nothing


@pytest.mark.parametrize("seal", [None, OTHER], ids=["no key", "another key"])
def test_without_its_key_a_line_does_not_open(seal: Seal | None) -> None:
    with pytest.raises(ValueError, match="encrypted"):
        line_read(line_written(b"a line", SEAL), seal)


@pytest.mark.parametrize("text", ["", "abc", KEY[:-1], KEY + "0", "g" * 64, "٠" * 64, "correct horse battery staple"])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SealUnusable, match="64 hexadecimal digits") as refused:
        Seal.of(text)
    assert not text or text not in str(refused.value)


def test_a_key_is_shown_nowhere_and_each_use_has_one_of_its_own() -> None:
    shown = f"{SEAL!r} {SEAL}"
    made = {SEAL.of_databases, SEAL.check, KEY, KEY[:32]}
    assert len(made) == 4
    assert not any(each in shown for each in made)
    assert Seal.of(KEY.upper()) == SEAL
    assert SEAL.check != OTHER.check


def test_a_new_key_is_a_key_and_is_new() -> None:
    first, second = fresh_key(), fresh_key()
    assert first != second
    assert Seal.of(first) != Seal.of(second)
