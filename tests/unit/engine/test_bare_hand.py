"""The bare hand beside a dead engine: entries go, flat is flat, and the next start knows every order that it sent."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.fakes.exchange import FaultyExchange, ReadFault, Script, WriteFault
from tests.fakes.trader_parts import BTC, ETH, Trader, World, trading, virtual
from tui_trader.core.chance import Chance
from tui_trader.core.order import Intent, OrderStatus, Purpose
from tui_trader.core.records import TradingStateChanged
from tui_trader.core.words import ClientOrderId, TradingState
from tui_trader.engine.bare_hand import BareHand, Diary, Handled
from tui_trader.engine.commitments import Commitments, compared
from tui_trader.exchange.paper.archive import Window
from tui_trader.exchange.ports import Kept
from tui_trader.journal.codec import verbatim
from tui_trader.journal.emergency import EmergencyLog, kept_lines

D = Decimal
FOR_EVER = Kept(traded=float("inf"), unfilled=float("inf"))


async def engaged(trader: Trader) -> World:
    """Bitcoin is held with stop and take-profit, an entry for ether rests; then the engine dies."""
    await trader.opened(BTC)
    assert (await trader.open(ETH, entry="limit", limit_offset_bps=40)).is_ok
    assert trader.working(Purpose.ENTRY, ETH)
    await trader.crash()
    return trader.world


Door = Callable[[ClientOrderId, Intent], None]


async def handled(world: World, *, flatten: bool, script: Script | None = None, door: Door | None = None) -> Handled:
    exchange = FaultyExchange(world.paper, world.clock, script or Script(), door=door)
    log = EmergencyLog(world.folder / "emergency.jsonl", world.clock, Chance(3), redact=verbatim)
    diary = Diary(log)
    diary.write(TradingStateChanged(state=TradingState.HALTED, reason="by hand", code="OPERATOR_HALT"))
    return await BareHand(exchange, world.clock, diary, flatten=flatten, looks_again=True).work()


def check_log(world: World) -> None:
    """Every order at the exchange is announced: by a row, or by a line that waits for its import."""
    known = Commitments()
    for row in world.log.rows:
        known.apply(row)
    for line in kept_lines(world.folder / "emergency.jsonl"):
        known.aside(line, 0, world.clock.now())
    listed = [order.report() for order in world.paper.archive.orders(None, Window(limit=10_000))]
    assert listed
    verdict = compared(known, listed, kept=FOR_EVER, now=world.clock.now(), upto=10_000)
    assert verdict.contradictions == ()


@virtual
async def test_a_halt_cancels_entries_and_leaves_what_protects() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        done = await handled(world, flatten=False)
        assert (len(done.cancelled), done.closed, done.left) == (1, (), ())
        assert world.orders(ETH) == []
        assert world.held(BTC)
        assert len(world.conditional(BTC)) == 2


@virtual
async def test_a_flatten_leaves_nothing_and_the_next_start_agrees_and_is_halted() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        done = await handled(world, flatten=True)
        assert done.left == ()
        assert len(done.closed) == 1
        assert (world.held(BTC), world.orders(BTC), world.orders(ETH)) == (D(0), [], [])
        check_log(world)
        again = await world.start()
        await again.wait(25)
        assert again.desk.state.halts().generation >= 1
        status = again.state.status
        assert (status.state, status.reason) == (TradingState.HALTED, "by hand")
        assert (again.quantity(BTC), again.failures) == (D(0), [])
        assert (await again.operator("resume", reason="looked")).is_ok


@virtual
async def test_what_it_sends_is_durable_before_it_leaves() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        seen: list[tuple[str, OrderStatus]] = []

        def leaving(order_id: ClientOrderId, _: Intent) -> None:
            known = Commitments()
            for line in kept_lines(world.folder / "emergency.jsonl"):
                known.aside(line, 0, world.clock.now())
            seen.append((order_id, known.by_id[order_id].status))

        await handled(world, flatten=True, door=leaving)
        assert [status for _, status in seen] == [OrderStatus.SENT]


@virtual
async def test_beside_an_engine_that_lives_after_all_nothing_is_booked_twice_or_missed() -> None:
    async with trading() as trader:
        await trader.opened(BTC)
        world = trader.world
        await trader.operator("halt", reason="first")
        assert (await handled(world, flatten=True)).left == ()
        await trader.wait(25)
        assert trader.quantity(BTC) == 0
        await trader.crash()
        again = await world.start()
        await again.wait(25)
        assert (again.quantity(BTC), again.ledger.is_short_of_fills, again.failures) == (D(0), False, [])
        began = world.loop.time()
        await again.desk.stop()
        assert world.loop.time() - began < 2


@pytest.mark.parametrize(
    "fault",
    [WriteFault.EXECUTED, WriteFault.LOST, WriteFault.NOT_SENT, WriteFault.REFUSED, WriteFault.RAISES],
    ids=lambda fault: fault.name,
)
@virtual
async def test_an_answer_that_is_lost_once_leaves_nothing_behind(fault: WriteFault) -> None:
    async with trading() as trader:
        world = await engaged(trader)
        left = {"submit": 1, "cancel": 1}

        def once(kind: str) -> WriteFault:
            left[kind] -= 1
            return fault if left[kind] >= 0 else WriteFault.NONE

        script = Script(submit=lambda _: once("submit"), cancel=lambda _: once("cancel"))
        done = await handled(world, flatten=True, script=script)
        assert done.left == ()
        assert (world.held(BTC), world.orders(BTC), world.orders(ETH)) == (D(0), [], [])
        check_log(world)
        again = await world.start()
        await again.wait(90)
        assert (again.quantity(BTC), again.state.current) == (D(0), TradingState.HALTED)


@virtual
async def test_what_cannot_be_done_is_said_with_its_reason() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        done = await handled(world, flatten=True, script=Script(submit=lambda _: WriteFault.REFUSED))
        assert len(done.left) == 1
        assert done.left[0].startswith("BTCUSDT ")
        assert "(" in done.left[0]
        assert len(world.conditional(BTC)) == 2, "what protects stays for as long as something is held"
        silent = await handled(world, flatten=True, script=Script(read=lambda _: ReadFault.UNAVAILABLE))
        assert "the exchange does not say" in silent.left[0]


@virtual
async def test_an_entry_that_was_on_its_way_is_cancelled_too() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        script = Script(shows_open=False)

        def arrive() -> None:
            script.shows_open = True

        world.loop.call_later(0.5, arrive)
        done = await handled(world, flatten=False, script=script)
        assert (len(done.cancelled), world.orders(ETH)) == (1, [])


@virtual
async def test_orders_that_are_not_ours_stay_in_a_halt_and_go_in_a_flatten() -> None:
    async with trading() as trader:
        world = await engaged(trader)
        intent = trader.working(Purpose.ENTRY, ETH)[0].intent
        await world.paper.submit(ClientOrderId("web_by_hand"), intent)
        await handled(world, flatten=False)
        assert [order.client_order_id for order in world.orders(ETH)] == ["web_by_hand"]
        assert (await handled(world, flatten=True)).left == ()
        assert world.orders(ETH) == []
