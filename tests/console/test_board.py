"""The chart, the book and the board: what follows the cursor, what is shown at a size, and what one key brings up."""

from decimal import Decimal

from tests.console.consoles import Console, open_console
from tests.fakes.engine_client import BTC, ETH, NOON, FakeEngine, holding
from tui_trader.core.clock import later
from tui_trader.core.market import Candle
from tui_trader.core.words import Symbol
from tui_trader.engine import views
from tui_trader.engine.views import CandlesView, DepthView
from tui_trader.tui.screens.arrangement import PaneName


def _market(engine: FakeEngine, symbol: Symbol, price: Decimal, *, minutes: int = 90, is_whole: bool = True) -> None:
    candles = []
    for n in range(minutes):
        opened = price + n % 7
        candles.append(
            Candle(
                symbol,
                later(NOON, (n - minutes) * 60.0),
                60,
                opened,
                opened + 9,
                opened - 9,
                opened + 3,
                Decimal(n + 1),
            )
        )
    engine.mailbox.publish(views.CANDLES + symbol, CandlesView(tuple(candles)))
    tick, size = Decimal("0.1"), Decimal("1.5")
    depth = 30 if is_whole else 1
    bids = tuple((price - n * tick, size) for n in range(depth))
    asks = tuple((price + (n + 1) * tick, size) for n in range(depth))
    engine.mailbox.publish(views.DEPTH + symbol, DepthView(bids=bids, asks=asks, is_whole=is_whole))


async def _open(console: Console) -> None:
    console.engine.show(holding())
    _market(console.engine, BTC, Decimal("88377.1"))
    _market(console.engine, ETH, Decimal("2430.9"), is_whole=False)
    await console.look()
    await console.look()


async def test_chart_and_book_follow_the_cursor() -> None:
    async with open_console((120, 40)) as console:
        await _open(console)
        assert "BTCUSDT 1m, EMA12 EMA26" in console.text
        assert "entry 88,284.7" in console.text
        assert "88,377.2 1.5" in console.text
        await console.press("down")
        await console.look()
        assert "ETHUSDT 1m" in console.text
        assert "ETHUSDT, the feed has no depth" in console.text
        assert "88,377.2 1.5" not in console.text


async def test_time_frames_indicators_and_steps_have_keys() -> None:
    async with open_console((120, 40)) as console:
        await _open(console)
        await console.press("right_square_bracket", "right_square_bracket", "i")
        assert "BTCUSDT 15m, no indicators" in console.text
        await console.press("left_square_bracket", "i", "plus")
        assert "BTCUSDT 5m, EMA12 EMA26" in console.text
        assert "BTCUSDT, steps of 0.5" in console.text
        assert "88,377.5" in console.text
        await console.press("minus")
        assert "steps of" not in console.text


async def test_a_pane_without_a_place_comes_over_the_others_and_goes_again() -> None:
    async with open_console((80, 24)) as console:
        await _open(console)
        assert "5 chart" not in console.text
        await console.press("5")
        assert "5 chart" in console.text
        assert "BTCUSDT 1m" in console.text
        assert "1 market" not in console.text
        await console.press("6")
        assert "6 book" in console.text
        await console.press("2")
        assert "2 positions" in console.text
        assert "1 market" in console.text
        await console.press("7", "7")
        assert "1 market" in console.text
        assert console.app.focused is not None


async def test_one_key_maximises_the_pane_with_the_focus() -> None:
    async with open_console((120, 40)) as console:
        await _open(console)
        await console.press("4", "z")
        assert console.trading.board.maximised is PaneName.AUDIT
        assert "1 market" not in console.text
        await console.press("z")
        assert "1 market" in console.text
        await console.press("z")
        await console.pilot.resize_terminal(80, 24)
        await console.look()
        assert console.trading.board.maximised is PaneName.AUDIT
        assert "1 market" not in console.text


async def test_before_the_first_minute_the_chart_says_so() -> None:
    async with open_console((120, 40)) as console:
        console.engine.show(holding())
        _market(console.engine, BTC, Decimal("88377.1"), minutes=0)
        await console.look()
        assert "no closed minute yet" in console.text
