"""The mailbox: only the newest value of a key, only what changed, and never a wait for anybody."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from tui_trader.engine.mailbox import Mailbox

KEYS = ("a", "b", "c")


def test_a_reader_gets_what_is_there_and_then_only_what_changed() -> None:
    mailbox = Mailbox()
    mailbox.publish("a", 1)
    mailbox.publish("b", 1)
    version, first = mailbox.take(KEYS)
    assert first == {"a": 1, "b": 1}
    mailbox.publish("b", 2)
    version, second = mailbox.take(KEYS, version)
    assert second == {"b": 2}
    _, third = mailbox.take(KEYS, version)
    assert third == {}


def test_values_between_two_looks_are_lost_on_purpose() -> None:
    mailbox = Mailbox()
    for value in range(100):
        mailbox.publish("a", value)
    _, taken = mailbox.take(KEYS)
    assert taken == {"a": 99}


def test_an_equal_value_is_no_news() -> None:
    mailbox = Mailbox()
    mailbox.publish("a", (1, 2))
    version, _ = mailbox.take(KEYS)
    mailbox.publish("a", tuple([1, 2]))  # noqa: C409 - equal, and another object
    assert mailbox.take(KEYS, version) == (version, {})


def test_none_is_a_value_like_any_other() -> None:
    mailbox = Mailbox()
    mailbox.publish("a", None)
    assert mailbox.take(KEYS)[1] == {"a": None}


def test_each_reader_goes_by_its_own_version_and_its_own_keys() -> None:
    mailbox = Mailbox()
    mailbox.publish("a", 1)
    late, _ = mailbox.take(["a"])
    mailbox.publish("b", 2)
    assert mailbox.take(["a"], late)[1] == {}
    assert mailbox.take(KEYS, 0)[1] == {"a": 1, "b": 2}


def test_it_knows_whether_anybody_looks() -> None:
    mailbox = Mailbox()
    mailbox.publish("a", 1)
    assert not mailbox.has_reader
    mailbox.take(["a"])
    assert mailbox.has_reader


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 2), st.booleans()), max_size=40))
def test_a_reader_that_follows_versions_ends_with_the_newest_of_every_key(
    steps: list[tuple[str, int, bool]],
) -> None:
    mailbox, published, seen, version = Mailbox(), dict[str, object](), dict[str, object](), 0
    for key, value, looks in steps:
        mailbox.publish(key, value)
        published[key] = value
        if looks:
            version, changed = mailbox.take(KEYS, version)
            seen |= changed
    _, changed = mailbox.take(KEYS, version)
    assert seen | dict(changed) == published


def test_many_writers_and_a_reader_lose_no_last_word() -> None:
    mailbox, last = Mailbox(), 2_000
    begun = threading.Barrier(len(KEYS) + 1)

    def write(key: str) -> None:
        begun.wait()
        for value in range(last + 1):
            mailbox.publish(key, value)

    writers = [threading.Thread(target=write, args=(key,)) for key in KEYS]
    for writer in writers:
        writer.start()
    begun.wait()
    seen: dict[str, object] = {}
    version = 0
    while any(writer.is_alive() for writer in writers):
        version, changed = mailbox.take(KEYS, version)
        for key, value in changed.items():
            assert isinstance(value, int)
            assert value > seen.get(key, -1)  # type: ignore[operator]  # all values are whole numbers
        seen |= changed
    for writer in writers:
        writer.join()
    _, changed = mailbox.take(KEYS, version)
    assert seen | dict(changed) == dict.fromkeys(KEYS, last)
