"""The paper books under power cuts: what the exchange said of an order holds, and the fills make up the position."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import apsw

from tests.simulation.power_cut import recorder as recording
from tests.simulation.power_cut.image import Image
from tests.simulation.power_cut.recorder import Recorder
from tests.simulation.power_cut.subject import Outcome, Synchronous, Unusable, Verdict
from tests.simulation.power_cut.tape import Told
from tests.unit.exchange.bench import BTC, DAYBREAK, Bench, intent
from tui_trader.core.order import Intent, OrderStatus
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.paper import books
from tui_trader.exchange.paper.books import PaperBooksError
from tui_trader.exchange.ports import Accepted, ExchangeUnavailable, OrderReport

FILE = "paper.db"
_PAGES_PER_CHECKPOINT = (6, 25, 1000)


class _Row(tuple[Any, ...]):
    """Cells by place and by name, as in sqlite3.Row."""

    columns: tuple[str, ...]

    def __getitem__(self, key: Any) -> Any:
        """The cell at the place, or of the name."""
        return super().__getitem__(self.columns.index(key) if isinstance(key, str) else key)


class _Connection(recording.Connection):
    """The books' connection on the recorder's layer."""

    def __init__(self, recorder: Recorder, path: Path, synchronous: Synchronous, *, pages_per_checkpoint: int) -> None:
        super().__init__(recorder, path, pages_per_checkpoint=pages_per_checkpoint)
        self._connection.row_trace = _named
        self._setting = f"synchronous = {synchronous.name}"

    def execute(self, sql: str, cells: Sequence[Any] = ()) -> apsw.Cursor:
        """Run the statement; the one that sets `synchronous` sets it as the rehearsal wants it."""
        return super().execute(sql.replace("synchronous = FULL", self._setting), cells)

    def executescript(self, script: str) -> apsw.Cursor:
        """Run all statements."""
        return self.execute(script)


def _named(cursor: apsw.Cursor, cells: tuple[Any, ...]) -> _Row:
    row = _Row(cells)
    row.columns = tuple(name for name, *_ in cursor.get_description())
    return row


class PaperSubject:
    """A paper exchange to which orders of all kinds are sent while the market moves."""

    def __init__(self) -> None:
        self._lives = 0
        self._sent: set[ClientOrderId] = set()

    async def live(self, recorder: Recorder, chance: Random, synchronous: Synchronous) -> None:
        """See Subject. One life in two ends without `close`."""
        self._lives += 1
        pages = chance.choice(_PAGES_PER_CHECKPOINT)
        connections: list[_Connection] = []

        def connected(path: Path, _: None) -> _Connection:
            if not path.exists():
                path.touch(mode=0o600)
            connections.append(_Connection(recorder, path, synchronous, pages_per_checkpoint=pages))
            return connections[-1]

        try:
            with recorder.recording(), patch.object(books, "_connect", connected):
                try:
                    bench = Bench.open(recorder.folder / FILE, mark=None)
                except PaperBooksError as refusal:
                    raise Unusable(str(refusal)) from None
                await self._trade(bench, recorder, chance)
                if chance.random() < 1 / 2:
                    await bench.exchange.close()
        finally:
            for each in connections:
                each.close()

    async def _trade(self, bench: Bench, recorder: Recorder, chance: Random) -> None:
        # As the desk does at a start, for whatever it sent before: the answer is an acknowledgement too.
        asked = [await bench.exchange.query(BTC, order_id) for order_id in sorted(self._sent)]
        sent = [found for found in asked if found]
        said: dict[ClientOrderId, str] = {}
        for order in sent:
            _tell(order, said, recorder)
        now = bench.exchange.market_time
        bench.clock._now = max(bench.clock.now(), now or DAYBREAK)
        bench.mark("100000")
        for number in range(chance.randint(4, 14)):
            for order in sent:
                _tell(await bench.order(order), said, recorder)
            match chance.choice(("quote", "order", "order", "cancel")):
                case "order":
                    self._sent.add(order_id := ClientOrderId(f"tt-{self._lives}-{number}"))
                    outcome = await bench.send(_order(chance), order_id)
                    if isinstance(outcome, Accepted):
                        sent.append(outcome.report)
                case "cancel" if sent:
                    order = chance.choice(sent)
                    await bench.exchange.cancel(order.symbol, order.client_order_id)
                case _:
                    bench.quote(str(100_000 + chance.randint(-40, 40)), size=str(chance.randint(1, 9)))

    async def judge(self, image: Image, folder: Path) -> Verdict:
        """See Subject."""
        told = dict(_parsed(each) for each in image.told)
        try:
            bench = Bench.open(folder / FILE, mark=None)
        except PaperBooksError as refusal:
            return Verdict(Outcome.CORRUPT if told else Outcome.REFUSED, str(refusal))
        try:
            return await _compared(bench, told)
        except (ExchangeUnavailable, PaperBooksError, ValueError) as damage:
            return Verdict(Outcome.CORRUPT, str(damage))
        finally:
            await bench.exchange.close()


def _order(chance: Random) -> Intent:
    side = chance.choice((Side.BUY, Side.SELL))
    quantity = Decimal(chance.randint(2, 9)) / 1000
    if chance.random() < 1 / 3:
        return intent(side, quantity)
    return intent(side, quantity, price=str(100_000 + chance.randint(-30, 30)))


def _tell(report: OrderReport, said: dict[ClientOrderId, str], recorder: Recorder) -> None:
    news = f"{report.client_order_id} {report.filled} {report.status}"
    if said.get(report.client_order_id) != news:
        said[report.client_order_id] = news
        recorder.tape.add(Told(news))


def _parsed(told: Told) -> tuple[ClientOrderId, tuple[Decimal, OrderStatus]]:
    """What was last said of which order."""
    order, filled, status = told.what.split()
    return ClientOrderId(order), (Decimal(filled), OrderStatus(status))


async def _compared(bench: Bench, told: dict[ClientOrderId, tuple[Decimal, OrderStatus]]) -> Verdict:
    for order, (filled, status) in told.items():
        found = await bench.exchange.query(BTC, order)
        if found is None:
            return Verdict(Outcome.LOST, f"{order} is not in the books")
        if found.filled < filled or (status.is_final and found.status is not status):
            return Verdict(Outcome.LOST, f"{order} was told as {filled} {status}, now {found.filled} {found.status}")
    fills = await bench.exchange.fills_since(BTC, DAYBREAK)
    held = sum((fill.quantity if fill.side is Side.BUY else -fill.quantity for fill in fills), Decimal(0))
    if held != await bench.quantity():
        return Verdict(Outcome.CORRUPT, f"fills of {held} make up a position of {await bench.quantity()}")
    return Verdict(Outcome.WHOLE if told else Outcome.EARLY)
