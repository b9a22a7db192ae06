"""Chance: everything from the seed where there is one, nothing twice where there is none."""

from tui_trader.core.chance import Chance


def test_a_seed_fixes_everything_whatever_was_asked_before() -> None:
    """A restart asks fewer things than the first start did; what it asks must answer the same."""
    first, second = Chance(7), Chance(7)
    first.salt("something else")
    drawn = first.stream("market")
    drawn.random()
    assert first.salt("row 1") == second.salt("row 1")
    assert first.token("run") == second.token("run")
    assert [first.stream("market").random() for _ in range(3)] == [second.stream("market").random() for _ in range(3)]


def test_names_and_seeds_tell_values_apart() -> None:
    salts = {Chance(seed).salt(name) for seed in range(10) for name in ("a", "b", "stream:a")}
    assert len(salts) == 30
    assert {len(salt) for salt in salts} == {16}
    assert Chance(1).stream("a").random() != Chance(1).stream("b").random()


def test_without_a_seed_nothing_comes_twice() -> None:
    chance = Chance(None)
    assert len({chance.salt("row 1") for _ in range(10)}) == 10
    assert chance.stream("market").random() != chance.stream("market").random()


def test_golden_values() -> None:
    """The journals and markets of a seed must not change from version to version: SHA-256 of seed, colon, name."""
    assert Chance(1).salt("row 1").hex() == "05ae4dfc9dc7ba1ef95a3da1295ea592"
    assert Chance(1).token("run") == "65d35f16a6062e96"
    assert Chance(1).stream("market").getrandbits(64) == 18355912017849900745
