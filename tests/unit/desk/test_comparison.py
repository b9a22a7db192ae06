"""The comparison as a function: each rule finds its difference and nothing else, and says it in words."""

from dataclasses import replace

import pytest

from tests.fakes.trader_parts import BTC, ETH, MORNING, D
from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.foreign import ForeignOrder
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.reconciliation import Difference, DifferenceKind, DifferenceVerdict
from tui_trader.core.sharing import Shares
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.desk.comparison import RULES, OurSide, TheirSide, differences, matched, settled
from tui_trader.exchange.ports import OrderReport

STOP_ID = ClientOrderId("tt-stop")


def held(symbol: Symbol, quantity: str) -> HeldPosition:
    return HeldPosition(
        symbol=symbol,
        quantity=D(quantity),
        entry_price=D(94_000),
        mark_price=D(94_000),
        liquidation_price=None,
        isolated_wallet=D(0),
        leverage=3,
    )


REPORT = AccountReport(
    time=MORNING,
    wallet=D(10_000),
    available=D(10_000),
    positions=(held(BTC, "0.01"),),
    leverage=((BTC, 3), (ETH, 3)),
    not_isolated=(),
    one_way=True,
    single_asset=True,
)


def report(name: str, symbol: Symbol = BTC, kind: OrderType = OrderType.LIMIT) -> OrderReport:
    conditional = kind.is_conditional
    return OrderReport(
        client_order_id=ClientOrderId(name),
        exchange_order_id="1",
        symbol=symbol,
        side=Side.SELL,
        type=kind,
        status=OrderStatus.ACCEPTED,
        quantity=D("0.01"),
        filled=D(0),
        average_price=None,
        price=None if conditional else D(95_000),
        stop_price=D(93_000) if conditional else None,
        reduce_only=conditional,
        close_position=conditional,
        time=MORNING,
    )


def stranger(name: str, symbol: Symbol = BTC) -> ForeignOrder:
    return ForeignOrder(
        client_order_id=ClientOrderId(name),
        symbol=symbol,
        side=Side.SELL,
        remaining=D("0.01"),
        price=D(95_000),
        only_reduces=False,
    )


STOP = Order(
    client_order_id=STOP_ID,
    intent=Intent(
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        quantity=D("0.01"),
        stop_price=D(93_000),
        reduce_only=True,
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.SYSTEM,
    ),
    status=OrderStatus.ACCEPTED,
    created=MORNING,
    updated=MORNING,
)
OURS = OurSide(
    shares={BTC: Shares(D("0.01"))},
    unbooked={},
    positions={BTC: Position.held(BTC, D("0.01"), D(94_000))},
    orders=(STOP,),
    over=frozenset(),
    in_motion=frozenset(),
    leverage_limits={BTC: 3, ETH: 3},
)
THEIRS = TheirSide(report=REPORT, orders=(report(STOP_ID, kind=OrderType.STOP_MARKET),), strangers=())


def theirs(**changes: object) -> TheirSide:
    return replace(THEIRS, report=replace(REPORT, **changes))  # type: ignore[arg-type]  # names are checked by replace


def only(found: tuple[Difference, ...]) -> Difference:
    (difference,) = found
    return difference


def test_where_both_sides_are_the_same_all_is_matched() -> None:
    assert differences(OURS, THEIRS) == ()
    assert matched(OURS, THEIRS) == 2


SCENES: dict[DifferenceKind, tuple[OurSide, TheirSide, Symbol]] = {
    DifferenceKind.UNKNOWN_FILL: (OURS, theirs(positions=(held(BTC, "0.004"),)), BTC),
    DifferenceKind.FOREIGN_POSITION: (OURS, theirs(positions=(held(BTC, "0.01"), held(ETH, "-2"))), ETH),
    DifferenceKind.FOREIGN_ORDER: (OURS, replace(THEIRS, strangers=(stranger("web-1"),)), BTC),
    DifferenceKind.SECOND_INSTANCE: (OURS, replace(THEIRS, strangers=(stranger("tt-1"),)), BTC),
    DifferenceKind.REVIVED_ORDER: (
        replace(OURS, over=frozenset({ClientOrderId("tt-1")})),
        replace(THEIRS, strangers=(stranger("tt-1"),)),
        BTC,
    ),
    DifferenceKind.MISSING_STOP: (OURS, replace(THEIRS, orders=()), BTC),
    DifferenceKind.ORPHAN_STOP: (
        replace(OURS, shares={}, positions={}),
        replace(theirs(positions=()), orders=THEIRS.orders),
        BTC,
    ),
    DifferenceKind.LEVERAGE: (OURS, theirs(leverage=((BTC, 3), (ETH, 20))), ETH),
    DifferenceKind.MARGIN_MODE: (OURS, theirs(not_isolated=(ETH,)), ETH),
    DifferenceKind.POSITION_MODE: (OURS, theirs(one_way=False), Symbol("")),
    DifferenceKind.ASSETS_MODE: (OURS, theirs(single_asset=False), Symbol("")),
}


@pytest.mark.parametrize("kind", DifferenceKind)
def test_each_kind_is_found_by_itself_with_its_symbol(kind: DifferenceKind) -> None:
    ours, other, symbol = SCENES[kind]
    found = only(differences(ours, other))
    assert (found.kind, found.symbol) == (kind, symbol)
    assert kind.value.replace("_", " ") in found.text


@pytest.mark.parametrize("kind", DifferenceKind)
def test_each_rule_is_needed(kind: DifferenceKind) -> None:
    ours, other, _ = SCENES[kind]
    (rule,) = [rule for rule in RULES if tuple(rule(ours, other))]
    assert [found for each in RULES if each is not rule for found in each(ours, other)] == []


def test_what_blocks_one_symbol_alone_is_what_others_do_there_and_its_leverage() -> None:
    alone = {kind for kind, scene in SCENES.items() if not only(differences(*scene[:2])).blocks_all}
    assert alone == {DifferenceKind.FOREIGN_POSITION, DifferenceKind.FOREIGN_ORDER, DifferenceKind.LEVERAGE}


def test_a_second_instance_and_what_our_fills_do_not_explain_halt() -> None:
    verdicts = {kind: only(differences(*scene[:2])).verdict for kind, scene in SCENES.items()}
    halting = {kind for kind, verdict in verdicts.items() if verdict is DifferenceVerdict.HALTED}
    assert halting == {DifferenceKind.SECOND_INSTANCE, DifferenceKind.REVIVED_ORDER}
    assert verdicts[DifferenceKind.UNKNOWN_FILL] is DifferenceVerdict.ADOPTED


def test_a_stop_that_is_being_seen_to_is_not_missing_yet() -> None:
    moving = replace(OURS, in_motion=frozenset({BTC}))
    assert differences(moving, replace(THEIRS, orders=())) == ()


def test_settings_are_set_back_only_where_nothing_is_held_and_nothing_open() -> None:
    ours, other, _ = SCENES[DifferenceKind.MARGIN_MODE]
    assert "set it back at the exchange" in only(differences(ours, other)).done
    empty = replace(other, report=replace(other.report, positions=()), orders=())
    flat = replace(ours, shares={}, positions={}, orders=())
    assert "being set back" in only(differences(flat, empty)).done
    assert "being set back" in only(differences(*SCENES[DifferenceKind.LEVERAGE][:2])).done, "of its symbol alone"


def test_many_orders_of_others_make_one_difference_a_symbol_and_hostile_names_are_words() -> None:
    names = [f"web-{number}" for number in range(200)]
    other = replace(THEIRS, strangers=tuple(stranger(name) for name in names))
    assert only(differences(OURS, other)).theirs == "200 open: web-0, web-1, web-2 and 197 more"
    evil = replace(THEIRS, strangers=(stranger("\x1b[2Jx\n" + "y" * 500),))
    text = only(differences(OURS, evil)).text
    assert text.isprintable()
    assert len(text) < 300


@pytest.mark.parametrize(("own", "foreign", "there"), [("0.01", "0", "0.06"), ("0.01", "0.05", "0.02")])
def test_what_others_add_and_take_leaves_ours_as_it_is(own: str, foreign: str, there: str) -> None:
    ours = replace(OURS, shares={BTC: Shares(D(own), D(foreign))})
    other = theirs(positions=(held(BTC, there),))
    assert settled(ours, other)[BTC] == Shares(D(own), D(there) - D(own))
    assert [found.kind for found in differences(ours, other)] == [DifferenceKind.FOREIGN_POSITION]


def test_every_kind_has_a_scene() -> None:
    assert set(SCENES) == set(DifferenceKind)
