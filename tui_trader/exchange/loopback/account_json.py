"""Balance, positions and settings as answers say them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.margin import initial_margin, liquidation_price, maintenance_margin
from tui_trader.core.money import ZERO, Money, plain
from tui_trader.core.words import Side, Symbol
from tui_trader.exchange.loopback.figures import Json, JsonObject, average, money, ms, price, quantity
from tui_trader.exchange.paper.margin import largest_notional
from tui_trader.exchange.paper.state import State, SymbolBook

_ALIAS = "LoBk"


@dataclass(frozen=True, slots=True)
class Held:
    """One symbol's figures. Money in the quote currency."""

    book: SymbolBook
    updated: Instant

    @property
    def notional(self) -> Money:
        """Signed worth at the mark price."""
        return self.book.position.quantity * self.book.mark_price()

    @property
    def unrealised(self) -> Money:
        """On the mark price."""
        return self.book.position.unrealised(self.book.mark_price())

    @property
    def position_margin(self) -> Money:
        """notional / leverage."""
        return initial_margin(abs(self.notional), self.book.leverage)

    @property
    def maintenance(self) -> Money:
        """What the tier of the notional demands; zero when flat."""
        return ZERO if self.book.position.is_flat else maintenance_margin(self.book.instrument, abs(self.notional))

    @property
    def orders_margin(self) -> Money:
        """What working orders lock."""
        return self.book.working_margin()

    def orders_notional(self, side: Side) -> Money:
        """Of the working orders that may open something."""
        entries = self.book.working_entries()
        return sum((abs(order.signed_notional) for order in entries if order.side is side), start=ZERO)

    @property
    def is_used(self) -> bool:
        """Whether there is a position or an order."""
        return not self.book.position.is_flat or any(True for _ in self.book.open_orders())


@dataclass(frozen=True, slots=True)
class Account:
    """All figures of the account at one instant."""

    state: State
    updated: Mapping[Symbol, Instant]
    now: Instant

    def held(self) -> list[Held]:
        """Every symbol's."""
        return [Held(book, self.updated.get(book.symbol, Instant(0))) for book in self.state.books.values()]

    def balances(self) -> list[Json]:
        """`balance`."""
        totals = self._totals()
        return [
            {
                "accountAlias": _ALIAS,
                "asset": "USDT",
                "balance": totals["walletBalance"],
                "crossWalletBalance": totals["crossWalletBalance"],
                "crossUnPnl": totals["crossUnPnl"],
                "availableBalance": totals["availableBalance"],
                "maxWithdrawAmount": totals["maxWithdrawAmount"],
                "marginAvailable": True,
                "updateTime": ms(self.now),
            }
        ]

    def v3(self) -> JsonObject:
        """`v3/account`: positions in use only."""
        return {**self._summary(), "positions": [_account_position_v3(held) for held in self.held() if held.is_used]}

    def v2(self) -> JsonObject:
        """`v2/account`: every symbol, and what the account may do."""
        return {
            "feeTier": 0,
            "feeBurn": False,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": False,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
            **self._summary(margin_available=True),
            "positions": [_account_position_v2(held) for held in self.held()],
        }

    def _summary(self, *, margin_available: bool | None = None) -> dict[str, Json]:
        totals = self._totals()
        asset: dict[str, Json] = {"asset": "USDT", **totals, "updateTime": ms(self.now)}
        if margin_available is not None:
            asset["marginAvailable"] = margin_available
        return {
            "totalInitialMargin": totals["initialMargin"],
            "totalMaintMargin": totals["maintMargin"],
            "totalWalletBalance": totals["walletBalance"],
            "totalUnrealizedProfit": totals["unrealizedProfit"],
            "totalMarginBalance": totals["marginBalance"],
            "totalPositionInitialMargin": totals["positionInitialMargin"],
            "totalOpenOrderInitialMargin": totals["openOrderInitialMargin"],
            "totalCrossWalletBalance": totals["crossWalletBalance"],
            "totalCrossUnPnl": totals["crossUnPnl"],
            "availableBalance": totals["availableBalance"],
            "maxWithdrawAmount": totals["maxWithdrawAmount"],
            "assets": [asset],
        }

    def _totals(self) -> dict[str, Json]:
        held = self.held()
        wallet = self.state.balance.wallet
        unrealised = sum((each.unrealised for each in held), start=ZERO)
        of_positions = sum((each.position_margin for each in held), start=ZERO)
        of_orders = sum((each.orders_margin for each in held), start=ZERO)
        isolated = sum((each.book.isolated for each in held), start=ZERO)
        available = money(max(ZERO, self.state.free_money()))
        return {
            "walletBalance": money(wallet),
            "unrealizedProfit": money(unrealised),
            "marginBalance": money(wallet + unrealised),
            "maintMargin": money(sum((each.maintenance for each in held), start=ZERO)),
            "initialMargin": money(of_positions + of_orders),
            "positionInitialMargin": money(of_positions),
            "openOrderInitialMargin": money(of_orders),
            "crossWalletBalance": money(wallet - isolated),
            "crossUnPnl": money(ZERO),
            "availableBalance": available,
            "maxWithdrawAmount": available,
        }


def risk_v3(held: Held) -> JsonObject:
    """A row of `v3/positionRisk`: neither leverage nor margin type."""
    return {
        **_risk(held),
        "marginAsset": held.book.instrument.quote,
        "initialMargin": money(held.position_margin + held.orders_margin),
        "maintMargin": money(held.maintenance),
        "positionInitialMargin": money(held.position_margin),
        "openOrderInitialMargin": money(held.orders_margin),
        "adl": 0 if held.book.position.is_flat else 1,
        "bidNotional": money(held.orders_notional(Side.BUY)),
        "askNotional": money(held.orders_notional(Side.SELL)),
    }


def risk_v2(held: Held, margin_type: str) -> JsonObject:
    """A row of `v2/positionRisk`."""
    book = held.book
    return {
        **_risk(held),
        "marginType": margin_type,
        "isAutoAddMargin": "false",
        "leverage": str(book.leverage),
        "maxNotionalValue": plain(largest_notional(book.instrument, book.leverage)),
    }


def _risk(held: Held) -> dict[str, Json]:
    book, instrument = held.book, held.book.instrument
    liquidation = liquidation_price(instrument, book.position, book.isolated)
    isolated_margin = book.isolated + held.unrealised
    return {
        "symbol": book.symbol,
        "positionSide": "BOTH",
        "positionAmt": quantity(instrument, book.position.quantity),
        "entryPrice": average(instrument, book.position.entry_price),
        "breakEvenPrice": average(instrument, book.position.entry_price),
        "markPrice": money(book.mark_price()),
        "unRealizedProfit": money(held.unrealised),
        "liquidationPrice": "0" if liquidation is None else average(instrument, liquidation),
        "isolatedMargin": money(isolated_margin),
        "notional": money(held.notional),
        "isolatedWallet": money(book.isolated),
        "updateTime": ms(held.updated),
    }


def _account_position_v3(held: Held) -> JsonObject:
    book = held.book
    return {
        "symbol": book.symbol,
        "positionSide": "BOTH",
        "positionAmt": quantity(book.instrument, book.position.quantity),
        "unrealizedProfit": money(held.unrealised),
        "isolatedMargin": money(book.isolated + held.unrealised),
        "notional": money(held.notional),
        "isolatedWallet": money(book.isolated),
        "initialMargin": money(held.position_margin + held.orders_margin),
        "maintMargin": money(held.maintenance),
        "updateTime": ms(held.updated),
    }


def _account_position_v2(held: Held) -> JsonObject:
    book, instrument = held.book, held.book.instrument
    return {
        "symbol": book.symbol,
        "initialMargin": money(held.position_margin + held.orders_margin),
        "maintMargin": money(held.maintenance),
        "unrealizedProfit": money(held.unrealised),
        "positionInitialMargin": money(held.position_margin),
        "openOrderInitialMargin": money(held.orders_margin),
        "leverage": str(book.leverage),
        "isolated": True,
        "entryPrice": average(instrument, book.position.entry_price),
        "breakEvenPrice": average(instrument, book.position.entry_price),
        "maxNotional": plain(largest_notional(instrument, book.leverage)),
        "bidNotional": price(instrument, held.orders_notional(Side.BUY)),
        "askNotional": price(instrument, held.orders_notional(Side.SELL)),
        "positionSide": "BOTH",
        "positionAmt": quantity(instrument, book.position.quantity),
        "notional": money(held.notional),
        "isolatedWallet": money(book.isolated),
        "updateTime": ms(held.updated),
    }
