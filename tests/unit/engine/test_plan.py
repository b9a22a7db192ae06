"""The plan: what is refused before the clock starts, and where a home's time and market go on."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.engine.rows import Log, entry, fill, opened, started
from tests.unit.engine.runs import SEED, run_options
from tests.unit.engine.time import NOON
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.core.clock import Instant, later
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import OrderChanged, OrderFilled, OrderIntended, Record
from tui_trader.core.words import Mode, Symbol
from tui_trader.engine.home import HomeError
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.live import door
from tui_trader.engine.live.conditions import LiveRefused
from tui_trader.engine.live.door import LiveDoor
from tui_trader.engine.options import RunOptions, speed_of
from tui_trader.engine.plan import Plan, plan_of
from tui_trader.engine.scouting import AUTO_PATIENCE, PATIENCE, BinanceSeen
from tui_trader.engine.settings import OpenAISettings, Settings, SettingsError
from tui_trader.market.choose import FeedKind
from tui_trader.market.ports import FeedError
from tui_trader.market.synthetic import SEEDED_START
from tui_trader.risk.caps import LiveCaps

OTHER_SEED = 8


def knowledge_of_rows(records: Sequence[Record]) -> Knowledge:
    knowledge = Knowledge()
    Log((knowledge,)).write_all(records)
    return knowledge


def used(*, market_seed: int = SEED, market_start: Instant = SEEDED_START) -> Knowledge:
    """A home whose last run was on the synthetic market of this seed, and is flat."""
    return knowledge_of_rows([opened(), started(market_seed=market_seed, market_start=market_start)])


def holding() -> Knowledge:
    """The same with a position."""
    knowledge = Knowledge()
    log = Log((knowledge,))
    log.write_all([opened(), started(), OrderIntended(intent=entry())])
    order = log.last_order
    log.write(OrderFilled(fill=fill(order)))
    log.write(OrderChanged(client_order_id=order, status=OrderStatus.SENT))
    log.write(OrderChanged(client_order_id=order, status=OrderStatus.FILLED))
    assert knowledge.ledger.positions
    assert not knowledge.ledger.open_orders()
    return knowledge


def working() -> Knowledge:
    """The same with an order of unknown fate."""
    knowledge = Knowledge()
    log = Log((knowledge,))
    log.write_all([opened(), started(), OrderIntended(intent=entry())])
    log.write(OrderChanged(client_order_id=log.last_order, status=OrderStatus.UNKNOWN))
    assert knowledge.ledger.open_orders()
    return knowledge


def klines(folder: Path, *, start: Instant = NOON, name: str = "BTCUSDT-1m-test.csv") -> Path:
    """Three minutes of recorded prices."""
    head = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore\n"
    )
    first = start // 1_000_000
    lines = (
        f"{first + n * 60_000},94000,94010,93990,94001,12,{first + n * 60_000 + 59_999},1128000,9,6,564000,0\n"
        for n in range(3)
    )
    path = folder / name
    path.write_text(head + "".join(lines))
    return path


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    return run_options(tmp_path / "home")


def changed(options: RunOptions, **changes: object) -> RunOptions:
    return run_options(options.home.folder, **changes)  # type: ignore[arg-type]  # named as there


# ---------------------------------------------------------------------- the market and where it goes on


def test_a_fresh_home_with_a_seed_begins_at_the_seeded_market_and_time(options: RunOptions) -> None:
    plan = plan_of(options, Knowledge())
    assert (plan.market_seed, plan.market_start, plan.epoch) == (SEED, SEEDED_START, SEEDED_START)
    assert plan.resumes_after is None


def test_a_fresh_home_without_a_seed_draws_one_and_begins_now(options: RunOptions) -> None:
    first, second = (plan_of(changed(options, seed=None), Knowledge()) for _ in range(2))
    assert first.market_seed is not None
    assert first.market_seed != second.market_seed
    assert first.epoch == first.market_start > SEEDED_START


@pytest.mark.parametrize("seed", [None, SEED])
def test_a_used_home_goes_on_in_its_market_after_its_last_row(options: RunOptions, seed: int | None) -> None:
    knowledge = used()
    plan = plan_of(changed(options, seed=seed), knowledge)
    assert (plan.market_seed, plan.market_start) == (SEED, SEEDED_START)
    assert plan.epoch == max(SEEDED_START, knowledge.past.last_time or SEEDED_START)
    assert plan.resumes_after == plan.epoch


def test_another_seed_is_another_market(options: RunOptions) -> None:
    plan = plan_of(changed(options, seed=OTHER_SEED), used())
    assert plan.market_seed == OTHER_SEED


@pytest.mark.parametrize("knowledge", [holding, working])
def test_a_market_is_not_changed_under_a_position_or_an_order(
    options: RunOptions, knowledge: Callable[[], Knowledge]
) -> None:
    with pytest.raises(HomeError, match=r"open on the market synthetic.*only when flat.*[Ff]latten"):
        plan_of(changed(options, seed=OTHER_SEED), knowledge())


@pytest.mark.parametrize("knowledge", [holding, working])
def test_on_the_same_market_a_position_goes_on(options: RunOptions, knowledge: Callable[[], Knowledge]) -> None:
    assert plan_of(options, knowledge()).market_seed == SEED


def test_with_and_without_a_book_it_is_one_market_but_it_changes_only_when_flat(options: RunOptions) -> None:
    """Time and prices go on; how orders trade does not, so nothing may be open."""
    with_book = changed(options, feed="synthetic:depth")
    plan = plan_of(with_book, used())
    assert (plan.market_seed, plan.choice.name, plan.resumes_after) == (SEED, "synthetic:depth", plan.epoch)
    with pytest.raises(HomeError, match="only when flat"):
        plan_of(with_book, holding())


def test_from_synthetic_to_recorded_prices_only_when_flat(options: RunOptions, tmp_path: Path) -> None:
    feed = f"file:{klines(tmp_path, start=later(NOON, 3_600))}"
    with pytest.raises(HomeError, match="only when flat"):
        plan_of(changed(options, feed=feed), holding())
    assert plan_of(changed(options, feed=feed), used()).recorded is not None


def test_time_does_not_go_back_in_a_home(options: RunOptions, tmp_path: Path) -> None:
    feed = f"file:{klines(tmp_path, start=later(NOON, -86_400))}"
    with pytest.raises(HomeError, match=r"its time is 2025-05-05T12:00:02\.000Z.*begins earlier.*--home"):
        plan_of(changed(options, feed=feed), used())


def test_the_same_file_under_another_path_is_the_same_market(options: RunOptions, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    knowledge = knowledge_of_rows([opened(), started(f"file:/elsewhere/{klines(tmp_path).name}", market_seed=None)])
    plan = plan_of(changed(options, feed=f"file:{klines(moved)}"), knowledge)
    assert plan.epoch == knowledge.past.last_time
    assert plan.resumes_after == knowledge.past.last_time


def test_recorded_prices_begin_where_the_file_begins(options: RunOptions, tmp_path: Path) -> None:
    plan = plan_of(changed(options, feed=f"file:{klines(tmp_path)}"), Knowledge())
    assert (plan.epoch, plan.market_seed, plan.symbols) == (NOON, None, ("BTCUSDT",))


# ---------------------------------------------------------------------- what is refused


def test_symbols_narrow_the_policy_and_nothing_else(options: RunOptions) -> None:
    assert plan_of(changed(options, symbols=("ethusdt",)), Knowledge()).symbols == ("ETHUSDT",)
    assert plan_of(changed(options, symbols=()), Knowledge()).symbols == ("BTCUSDT", "ETHUSDT")
    with pytest.raises(SettingsError, match=r"--symbols DOGEUSDT: not in the policy of trader"):
        plan_of(changed(options, symbols=("BTCUSDT", "DOGEUSDT")), Knowledge())


def test_a_feed_without_any_of_the_symbols_is_refused(options: RunOptions, tmp_path: Path) -> None:
    with pytest.raises(FeedError):
        plan_of(changed(options, feed=f"file:{klines(tmp_path)}", symbols=("ETHUSDT",)), Knowledge())


BTC = Symbol("BTCUSDT")


def known(symbol: Symbol) -> Instrument:
    """A built-in instrument."""
    found = instrument(symbol)
    assert found is not None
    return found


LIVE_MARKET = BinanceSeen(NOON, {BTC: known(BTC)})


def sees(_: RunOptions, symbols: Sequence[Symbol], patience: float) -> BinanceSeen | str:
    """Binance answers, and trades BTCUSDT alone."""
    assert symbols
    assert patience in (AUTO_PATIENCE, PATIENCE)
    return LIVE_MARKET


def test_real_money_is_not_traded_and_why_is_said(options: RunOptions) -> None:
    with pytest.raises(LiveRefused, match="mode live: this version does not trade real money"):
        plan_of(changed(options, mode=Mode.LIVE, feed="binance", decider="rules", speed=1.0), Knowledge(), sees)


def live(options: RunOptions, **changes: object) -> RunOptions:
    """All that a live run wants, but for the changes."""
    caps = Settings.model_construct(live_caps=LiveCaps.model_validate(PROPOSED))
    options.home.config.write_text('mode = "live"')
    asked = {"mode": Mode.LIVE, "feed": "binance", "decider": "rules", "speed": 1.0, "seed": None, "settings": caps}
    return changed(options, **asked | changes)


def test_in_a_rehearsal_live_is_planned_with_the_smaller_of_prompt_and_caps(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)
    plan = plan_of(live(options), Knowledge(), sees)
    assert plan.prompt.policy.risk.max_order_notional == Decimal(250)
    assert plan.prompt.policy.risk.max_leverage == 2
    assert plan.prompt.policy.risk.max_open_orders == plan_of(options, Knowledge()).prompt.policy.risk.max_open_orders
    assert "250" in plan.prompt.rendered().text, "the model reads what the gate enforces"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"feed": "synthetic"}, "Use --feed binance"),
        ({"decider": "auto"}, "Use openai or rules"),
        ({"decider": "replay"}, "Use openai or rules"),
        ({"settings": Settings.model_construct()}, r"\[live_caps\]"),
    ],
)
def test_a_plan_for_live_wants_every_condition(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], sentence: str
) -> None:
    monkeypatch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)
    with pytest.raises(LiveRefused, match=sentence):
        plan_of(live(options, **changes), Knowledge(), sees)


def test_a_plan_for_live_wants_it_written_in_the_home(options: RunOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LIVE_DOOR", LiveDoor.REHEARSAL)
    asked = live(options)
    options.home.config.unlink()
    with pytest.raises(LiveRefused, match="a flag or a variable alone does not start it"):
        plan_of(asked, Knowledge(), sees)


def test_caps_change_nothing_where_no_real_money_is(options: RunOptions) -> None:
    caps = Settings.model_construct(live_caps=LiveCaps.model_validate(PROPOSED))
    plain, with_caps = (plan_of(changed(options, **more), Knowledge()) for more in ({}, {"settings": caps}))
    assert with_caps.prompt.policy == plain.prompt.policy


def test_a_yes_to_real_money_is_refused_where_there_is_none(options: RunOptions) -> None:
    with pytest.raises(SettingsError, match="--i-accept-live: this run is in mode paper"):
        plan_of(changed(options, accepted_live="live-SgsR"), Knowledge())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"feed": "auto"}, "Use --feed binance"),
        ({"feed": "synthetic"}, "Use --feed binance"),
        ({"decider": "auto"}, "Use openai, rules or replay"),
        ({"speed": math.inf}, "--speed"),
        ({"speed": 2.0}, "--speed"),
    ],
)
def test_demo_wants_binance_in_real_time_and_a_decider_in_so_many_words(
    options: RunOptions, changes: dict[str, object], sentence: str
) -> None:
    asked: dict[str, object] = {"mode": Mode.DEMO, "feed": "binance", "decider": "rules", "speed": 1.0}
    assert plan_of(changed(options, **asked), Knowledge(), sees).choice.kind is FeedKind.BINANCE
    with pytest.raises(SettingsError, match=sentence):
        plan_of(changed(options, **asked | changes), Knowledge(), sees)


def test_a_live_market_begins_at_the_exchanges_time_with_the_symbols_that_it_trades(options: RunOptions) -> None:
    plan = plan_of(changed(options, feed="binance", speed=1.0, symbols=()), Knowledge(), sees)
    assert (plan.symbols, plan.epoch, plan.market_seed) == ((BTC,), NOON, None)
    assert plan.instruments == LIVE_MARKET.instruments
    assert plan.choice.why == ""


def test_a_binance_that_does_not_answer_is_a_failure_where_it_was_asked_for(options: RunOptions) -> None:
    with pytest.raises(FeedError, match="--feed binance: nobody looked"):
        plan_of(changed(options, feed="binance", speed=1.0), Knowledge())


def test_auto_is_binance_where_it_answers_else_synthetic_and_says_why(options: RunOptions) -> None:
    asked: dict[str, object] = {"feed": "auto", "speed": 1.0, "seed": None}
    looks: list[float] = []

    def sees_in_time(wanted: RunOptions, symbols: Sequence[Symbol], patience: float) -> BinanceSeen | str:
        looks.append(patience)
        return sees(wanted, symbols, patience)

    live = plan_of(changed(options, **asked), Knowledge(), sees_in_time)
    assert looks == [AUTO_PATIENCE] == [3.0]
    synthetic = plan_of(changed(options, **asked), Knowledge())
    assert (live.choice.kind, live.choice.why) == (FeedKind.BINANCE, "auto: Binance's public data answer")
    assert synthetic.choice.kind is FeedKind.SYNTHETIC
    assert synthetic.choice.why == "auto: the synthetic market, since nobody looked for Binance"


@pytest.mark.parametrize(("changes", "why"), [({"seed": SEED}, "a seed"), ({"speed": math.inf}, "a pace of its own")])
def test_auto_does_not_ask_binance_where_its_market_would_not_do(
    options: RunOptions, changes: dict[str, object], why: str
) -> None:
    plan = plan_of(changed(options, **{"feed": "auto", "speed": 1.0, "seed": None} | changes), Knowledge(), sees)
    assert plan.choice.kind is FeedKind.SYNTHETIC
    assert why in plan.choice.why


def test_auto_stays_on_the_synthetic_market_while_positions_are_open_there(options: RunOptions) -> None:
    plan = plan_of(changed(options, feed="auto", speed=1.0, seed=None), holding(), sees)
    assert plan.choice.kind is FeedKind.SYNTHETIC
    assert plan.market_seed == SEED


def test_a_home_of_another_mode_is_refused(options: RunOptions) -> None:
    knowledge = used()
    assert knowledge.past.opened is not None
    object.__setattr__(knowledge.past.opened, "mode", Mode.LIVE)
    with pytest.raises(HomeError, match="belongs to mode live and stays so"):
        plan_of(options, knowledge)


# ---------------------------------------------------------------------- who decides


def deciding(options: RunOptions, decider: str, *, key: str | None) -> Plan:
    settings = Settings.model_construct(openai=OpenAISettings(api_key=SecretStr(key) if key else None))
    return plan_of(changed(options, decider=decider, settings=settings), Knowledge())


def test_auto_means_the_model_where_there_is_a_key_and_says_why(options: RunOptions) -> None:
    with_key, without = (deciding(options, "auto", key=key) for key in ("sk-1", None))
    assert (with_key.decider, with_key.decider_why) == ("openai", "auto: a model key is set")
    assert without.decider == "rules"
    assert "no model key" in without.decider_why


def test_a_named_decider_is_taken_at_its_word(options: RunOptions) -> None:
    assert deciding(options, "rules", key="sk-1").decider == "rules"
    with pytest.raises(SettingsError, match=r"no model key is set.*TUI_TRADER_OPENAI__API_KEY"):
        deciding(options, "openai", key=None)
    with pytest.raises(SettingsError, match="--decider oracle: not known"):
        deciding(options, "oracle", key="sk-1")


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("60", 60.0), ("max", float("inf"))])
def test_a_speed(*, text: str, speed: float) -> None:
    assert speed_of(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "fast", "", "1e3", "inf", "MAX"])
def test_no_speed(text: str) -> None:
    with pytest.raises(SettingsError, match="--speed"):
        speed_of(text)
