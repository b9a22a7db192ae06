"""What the account's stream says of a change in the paper books."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import maintenance_margin
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.figures import Json, JsonObject, average, money, ms, price, quantity
from tui_trader.exchange.loopback.order_words import LIQUIDATION_PREFIX, STP, status_word, wire_id
from tui_trader.exchange.loopback.store import Extras
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import Change, State, SymbolBook
from tui_trader.exchange.ports import OrderReport

_FINAL_WORDS = {OrderStatus.CANCELED: "CANCELED", OrderStatus.EXPIRED: "EXPIRED", OrderStatus.REJECTED: "EXPIRED"}


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Writes events. `extras_of` knows what an order was asked with, `now` the server's milliseconds."""

    state: Callable[[], State]
    extras_of: Callable[[PaperOrder], Extras]
    now: Callable[[], int]

    def of(self, change: Change) -> Iterator[JsonObject]:
        """ACCOUNT_UPDATE first, then the orders' events in the order in which they happened."""
        if change.fills:
            symbols = list(dict.fromkeys(fill.symbol for _, fill in change.fills))
            yield self.account_update("ORDER", symbols, at=ms(change.fills[-1][1].time))
        fill: Fill | None = None
        for event in change.events:
            match event:
                case Fill():
                    fill = event
                case OrderReport():
                    yield from self._order(change.orders[int(event.exchange_order_id)], event, fill)
                    fill = None
                case FundingBooked():
                    yield self.account_update("FUNDING_FEE", [event.symbol], amount=money(event.amount))
                case TransferBooked():
                    reason = "DEPOSIT" if event.amount > 0 else "WITHDRAW"
                    yield self.account_update(reason, [], amount=money(event.amount))
                case _:
                    pass

    def account_update(
        self, reason: str, symbols: list[Symbol], *, amount: str = "0", at: int | None = None
    ) -> JsonObject:
        """The balance, and the positions of these symbols."""
        state = self.state()
        wallet = state.balance.wallet
        cross = wallet - sum((book.isolated for book in state.books.values()), start=ZERO)
        balances: list[Json] = [{"a": "USDT", "wb": money(wallet), "cw": money(cross), "bc": amount}]
        positions: list[Json] = [_position(state.books[symbol]) for symbol in symbols]
        account: dict[str, Json] = {"m": reason, "B": balances, "P": positions}
        if reason == "FUNDING_FEE":
            account["S"] = symbols[0]
        now = self.now()
        return {"e": "ACCOUNT_UPDATE", "E": now, "T": now if at is None else at, "a": account}

    def margin_call(self, books: list[SymbolBook]) -> JsonObject:
        """Positions whose margin is nearly used up."""
        state = self.state()
        cross = state.balance.wallet - sum((book.isolated for book in state.books.values()), start=ZERO)
        positions: list[Json] = [_called(book) for book in books]
        return {"e": "MARGIN_CALL", "E": self.now(), "cw": money(cross), "p": positions}

    def leverage_set(self, symbol: Symbol, leverage: int) -> JsonObject:
        """ACCOUNT_CONFIG_UPDATE."""
        now = self.now()
        return {"e": "ACCOUNT_CONFIG_UPDATE", "E": now, "T": now, "ac": {"s": symbol, "l": leverage}}

    def _order(self, order: PaperOrder, report: OrderReport, fill: Fill | None) -> Iterator[JsonObject]:
        is_forced = order.client_order_id.startswith(LIQUIDATION_PREFIX)
        if is_forced and fill is not None:
            yield self._update(order, report, "NEW", None)
        if fill is None:
            execution = "NEW" if report.status is OrderStatus.ACCEPTED and not report.reason else "AMENDMENT"
            yield self._update(order, report, _FINAL_WORDS.get(report.status, execution), None)
            return
        yield self._update(order, report, "CALCULATED" if is_forced else "TRADE", fill)
        if not is_forced:
            yield self._lite(order, report, fill)

    def _update(self, order: PaperOrder, report: OrderReport, execution: str, fill: Fill | None) -> JsonObject:
        instrument = self.state().books[order.symbol].instrument
        extras = self.extras_of(order)
        is_new = execution == "NEW"
        filled = ZERO if is_new else report.filled
        body: dict[str, Json] = {
            "s": order.symbol,
            "c": order.client_order_id,
            "S": order.side.value,
            "o": order.type.value,
            "f": extras.time_in_force or order.time_in_force.value,
            "q": quantity(instrument, report.quantity),
            "p": price(instrument, report.price),
            "ap": average(instrument, report.average_price or ZERO) if filled else "0",
            "sp": "0",
            "x": execution,
            "X": "NEW" if is_new else status_word(report.status, report.reason),
            "i": wire_id(order),
            "l": quantity(instrument, fill.quantity if fill else ZERO),
            "z": quantity(instrument, filled),
            "L": price(instrument, fill.price if fill else ZERO),
            "T": ms(report.time),
            "t": int(fill.trade_id) if fill else 0,
            "b": "0",
            "a": "0",
            "m": fill.maker if fill else False,
            "R": order.reduce_only,
            "wt": "CONTRACT_PRICE",
            "ot": extras.original_type or order.type.value,
            "ps": "BOTH",
            "cp": False,
            "rp": money(fill.realised) if fill else "0",
            "pP": False,
            "si": 0,
            "ss": 0,
            "V": STP,
            "pm": "NONE",
            "gtd": extras.good_till_ms,
            "er": "0",
        }
        if fill:
            body |= {"N": instrument.quote, "n": money(fill.fee)}
        return {"e": "ORDER_TRADE_UPDATE", "E": self.now(), "T": ms(report.time), "o": body}

    def _lite(self, order: PaperOrder, report: OrderReport, fill: Fill) -> JsonObject:
        instrument: Instrument = self.state().books[order.symbol].instrument
        return {
            "e": "TRADE_LITE",
            "E": self.now(),
            "T": ms(fill.time),
            "s": order.symbol,
            "q": quantity(instrument, report.quantity),
            "p": price(instrument, report.price),
            "m": fill.maker,
            "c": order.client_order_id,
            "S": order.side.value,
            "L": price(instrument, fill.price),
            "l": quantity(instrument, fill.quantity),
            "t": int(fill.trade_id),
            "i": wire_id(order),
        }


def _position(book: SymbolBook) -> JsonObject:
    instrument, position = book.instrument, book.position
    return {
        "s": book.symbol,
        "pa": quantity(instrument, position.quantity),
        "ep": average(instrument, position.entry_price),
        "bep": average(instrument, position.entry_price),
        "cr": "0",
        "up": money(position.unrealised(book.mark_price())),
        "mt": "isolated",
        "iw": money(book.isolated),
        "ps": "BOTH",
    }


def _called(book: SymbolBook) -> JsonObject:
    mark = book.mark_price()
    return {
        "s": book.symbol,
        "ps": "BOTH",
        "pa": quantity(book.instrument, book.position.quantity),
        "mt": "ISOLATED",
        "iw": money(book.isolated),
        "mp": money(mark),
        "up": money(book.position.unrealised(mark)),
        "mm": money(maintenance_margin(book.instrument, book.position.notional(mark))),
    }
