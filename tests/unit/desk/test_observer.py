"""With `observe` nothing is ever sent, and what would have been is marked to market after fees."""

import json
from decimal import Decimal

import pytest

from tests.fakes.trader_parts import BTC, ETH, OPEN, Trader, shipped_policy, trading, virtual
from tui_trader.agent.digest import digest_of
from tui_trader.agent.observation import Observation
from tui_trader.core.clock import Instant, later
from tui_trader.core.order import Intent, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.records import EntryObserved, JsonValue, ObservedChanged, OrderIntended
from tui_trader.core.words import Actor, Autonomy, ObservedStatus, Side
from tui_trader.desk import observer
from tui_trader.risk.observed import HORIZON, Watched, marked
from tui_trader.risk.policy import Policy
from tui_trader.tools.approving import WAITS
from tui_trader.tools.ports import ToolAnswer

D = Decimal
SHORT = 600.0
"""A horizon that a test can live through."""
FEE = D("0.0005")
START = Instant(0)


@pytest.fixture(autouse=True)
def short_horizon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "HORIZON", SHORT)


def observing(**risk: object) -> Policy:
    policy = shipped_policy()
    return policy.model_copy(update={"autonomy": Autonomy.OBSERVE, "risk": policy.risk.model_copy(update=risk)})


async def observe(trader: Trader, **changes: JsonValue) -> ToolAnswer:
    """What the agent's approve node does."""
    wish = {**OPEN, "reason": "a trend", **changes}
    return await trader.tools.call("observe_position", wish, caller=Actor.SYSTEM, cycle=7)


def outcomes(trader: Trader) -> list[ObservedStatus]:
    return [change.status for change in trader.records(ObservedChanged)]


@virtual
async def test_what_would_have_been_sent_is_written_down_as_the_limits_leave_it_and_nothing_is_sent() -> None:
    async with trading(policy=observing(max_order_notional=D(200))) as trader:
        assert (await trader.open()).code == "OBSERVE"
        assert (await observe(trader)).is_ok
        (seen,) = trader.records(EntryObserved)
        assert seen.intent.quantity * trader.world.prices[BTC] <= 200
        assert seen.entry_price == trader.world.prices[BTC] + trader.world.instruments[BTC].tick
        assert trader.records(OrderIntended) == []
        assert trader.quantity() == 0


@pytest.mark.parametrize(
    ("side", "move", "status"),
    [
        ("long", "-0.02", ObservedStatus.STOPPED),
        ("long", "0.04", ObservedStatus.TARGET),
        ("short", "0.02", ObservedStatus.STOPPED),
        ("short", "-0.04", ObservedStatus.TARGET),
    ],
)
@virtual
async def test_it_ends_at_its_stop_or_its_target_with_a_net_after_fees(
    side: str, move: str, status: ObservedStatus
) -> None:
    async with trading(policy=observing()) as trader:
        await observe(trader, side=side)
        (seen,) = trader.records(EntryObserved)
        trader.world.go_to(trader.world.prices[BTC] * (1 + D(move)))
        await trader.wait(3)
        (change,) = trader.records(ObservedChanged)
        protection, paid = seen.intent.protection, seen.entry_price
        assert protection is not None
        assert paid is not None
        price = protection.stop_price if status is ObservedStatus.STOPPED else protection.take_profit_price
        assert price is not None
        net = ((price - paid) * seen.intent.side.sign - FEE * (paid + price)) / paid * 10_000
        assert (change.status, change.price, change.net_bps) == (status, price, net.quantize(D("0.01")))
        totals = trader.desk.observed.totals
        assert (totals.closed, totals.open, totals.net_bps) == (1, 0, change.net_bps)
        assert totals.gained == (status is ObservedStatus.TARGET)


@virtual
async def test_at_the_horizon_it_is_closed_at_the_mark() -> None:
    async with trading(policy=observing()) as trader:
        await observe(trader)
        await trader.wait(SHORT - 5)
        assert outcomes(trader) == []
        await trader.wait(10)
        assert outcomes(trader) == [ObservedStatus.HORIZON]


@virtual
async def test_a_limit_that_is_not_reached_is_no_trade() -> None:
    async with trading(policy=observing()) as trader:
        await observe(trader, entry="limit", limit_offset_bps=50)
        await trader.wait(SHORT + 5)
        (change,) = trader.records(ObservedChanged)
        assert (change.status, change.net_bps) == (ObservedStatus.UNFILLED, None)
        assert trader.desk.observed.totals.closed == 0


@virtual
async def test_the_model_is_shown_what_became_of_its_proposals_in_figures_marked_as_proposed() -> None:
    async with trading(policy=observing()) as trader:
        world = trader.world
        await observe(trader)
        await observe(trader, symbol=ETH, side="short", entry="limit", limit_offset_bps=50)
        (seen, _) = trader.records(EntryObserved)
        await trader.wait(60)
        world.go_to(world.prices[BTC] * D("1.005"))
        await trader.wait(2)
        assert seen.entry_price is not None
        mark = world.prices[BTC]
        net = ((mark - seen.entry_price - FEE * (mark + seen.entry_price)) / seen.entry_price * 10_000).quantize(
            D("0.01")
        )
        assert await _outcomes_shown(trader) == [
            [7, "BTCUSDT", "long", None, 1, net, None, None, None, "proposed ENTERED"],
            [7, "ETHUSDT", "short", None, 1, None, None, None, None, "proposed RESTING"],
        ]
        world.go_to(world.prices[BTC] * D("0.98"))
        await trader.wait(130)
        (change,) = trader.records(ObservedChanged)
        assert change.net_bps is not None
        assert await _outcomes_shown(trader) == [
            [7, "BTCUSDT", "long", 2, 1, change.net_bps, None, None, None, "proposed STOPPED"],
            [7, "ETHUSDT", "short", None, 3, None, None, None, None, "proposed RESTING"],
        ]


async def _outcomes_shown(trader: Trader) -> list[list[object]]:
    """The table of outcomes in the digest."""
    readings = trader.readings
    observation = Observation(
        time=trader.world.clock.now(),
        snapshots=(),
        unusable=(),
        account=await readings.account(),
        positions=(),
        orders=(),
        limits=(),
        memory=await readings.memory(),
    )
    found: list[list[object]] = json.loads(digest_of(observation), parse_float=Decimal)["outcomes"]
    return found


@virtual
async def test_a_limit_is_entered_when_the_mark_reaches_it_also_across_a_crash() -> None:
    async with trading(policy=observing()) as trader:
        world = trader.world
        await observe(trader, entry="limit", limit_offset_bps=50)
        (seen,) = trader.records(EntryObserved)
        world.go_to(world.prices[BTC] * D("0.9945"))
        await trader.wait(3)
        assert outcomes(trader) == [ObservedStatus.ENTERED]
        await trader.crash()
        after = await world.start(policy=observing())
        world.go_to(D(100_000))
        await after.wait(3)
        assert outcomes(after) == [ObservedStatus.ENTERED, ObservedStatus.TARGET]
        assert after.records(ObservedChanged)[-1].id == seen.id
        after.tasks.cancel()


@virtual
async def test_one_at_a_time_in_a_symbol_as_a_position_would_be() -> None:
    async with trading(policy=observing()) as trader:
        await observe(trader)
        again = await observe(trader)
        assert again.code == WAITS
        preview = await trader.tools.preview("open_position", {**OPEN, "reason": "again"}, caller=Actor.AGENT, cycle=8)
        assert preview.verdict == "hold"
        assert (await observe(trader, symbol=ETH)).is_ok


@virtual
async def test_a_stale_mark_ends_nothing() -> None:
    async with trading(policy=observing()) as trader:
        await observe(trader)
        trader.world.is_quiet = True
        await trader.wait(SHORT + 60)
        assert outcomes(trader) == []


def watched(side: Side = Side.BUY) -> Watched:
    sign = side.sign
    intent = Intent(
        symbol=BTC,
        side=side,
        type=OrderType.LIMIT,
        quantity=D(1),
        price=D(100),
        time_in_force=TimeInForce.IOC,
        purpose=Purpose.ENTRY,
        protection=Protection(stop_price=D(100) - 2 * sign, take_profit_price=D(100) + 5 * sign),
        actor=Actor.AGENT,
    )
    entry = EntryObserved(
        id="W3XA", intent=intent, mark=D(100), entry_price=D(100), fee_rate=FEE, ends=later(START, HORIZON)
    )
    return Watched(entry, is_entered=True, since=START)


@pytest.mark.parametrize("side", list(Side))
def test_the_arithmetic_by_hand(side: Side) -> None:
    stopped = marked(watched(side), D(100) - 2 * side.sign, START)
    assert stopped is not None
    # Two of a hundred are lost: 200 bps, and five bps of each leg's notional.
    assert stopped.net_bps == D("-209.90") if side is Side.BUY else D("-210.10")
    assert marked(watched(side), D(100), START) is None
