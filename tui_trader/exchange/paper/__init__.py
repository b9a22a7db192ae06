"""The paper exchange: a counterparty with books of its own, which trades our orders against the market's events.

It keeps Binance's rules (filters, margin, funding, liquidation, refusal codes) and knows nothing of the trader.
What must not live here: policy, the journal, anything that reads the trader's own records.
"""

from tui_trader.exchange.paper.books import PaperBooksError
from tui_trader.exchange.paper.depth import DepthModel
from tui_trader.exchange.paper.exchange import PaperExchange
from tui_trader.exchange.paper.latency import Jitter, Latency
from tui_trader.exchange.paper.self_trade import SelfTrade

__all__ = ["DepthModel", "Jitter", "Latency", "PaperBooksError", "PaperExchange", "SelfTrade"]
