"""The table of shapes against documented samples: no documented field is missing, and none has another type."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.loopback import shapes
from tests.integration.loopback.shapes import Shape

_SAMPLES = Path(__file__).parents[3].parent / "shared" / "data" / "binance-usdm-samples.json"

_OF_TRAILING_STOPS = {"activatePrice", "priceRate"}
"""Samples show a type that is a conditional order by now."""
_OF_FAILURES = {"code", "msg"}

TABLE = {
    "new_order": shapes.ACK,
    "cancel_order": shapes.ACK,
    "modify_order": shapes.AMENDED,
    "query_order": shapes.ORDER,
    "query_current_open_order": shapes.ORDER,
    "current_all_open_orders": shapes.ORDER,
    "all_orders": shapes.LISTED,
    "place_multiple_orders": shapes.ACK,
    "cancel_multiple_orders": shapes.ACK,
    "cancel_all_open_orders": shapes.DONE,
    "auto_cancel_all_open_orders": shapes.COUNTDOWN,
    "new_algo_order": shapes.ALGO,
    "query_algo_order": shapes.ALGO_ASKED,
    "query_all_algo_orders": shapes.ALGO_ASKED,
    "current_all_algo_open_orders": shapes.ALGO_ASKED,
    "cancel_algo_order": shapes.ALGO_CANCELLED,
    "cancel_all_algo_open_orders": shapes.DONE,
    "account_trade_list": shapes.TRADE,
    "get_income_history": shapes.INCOME,
    "futures_account_balance_v3": shapes.BALANCE,
    "position_information_v3": shapes.RISK,
    "position_information_v2": shapes.RISK_V2,
    "account_information_v3": shapes.ACCOUNT,
    "account_information_v2": shapes.ACCOUNT_V2,
    "futures_account_configuration": shapes.ACCOUNT_CONFIG,
    "symbol_configuration": shapes.SYMBOL_CONFIG,
    "change_initial_leverage": shapes.LEVERAGE,
    "change_margin_type": shapes.DONE,
    "change_position_mode": shapes.DONE,
    "notional_and_leverage_brackets": shapes.BRACKETS,
    "modify_isolated_position_margin": shapes.MARGIN_MOVED,
    "get_position_margin_change_history": shapes.MARGIN_MOVE,
    "user_commission_rate": shapes.COMMISSION,
    "query_user_rate_limit": shapes.LIMIT,
    "get_current_position_mode": shapes.DUAL,
    "get_current_multi_assets_mode": shapes.MULTI,
    "start_user_data_stream": shapes.KEY,
    "keepalive_user_data_stream": shapes.KEY,
    "check_server_time": shapes.TIME,
    "exchange_information": shapes.INFO,
    "order_book": shapes.DEPTH,
    "recent_trades_list": shapes.PUBLIC_TRADE,
    "compressed_aggregate_trades_list": shapes.AGG_TRADE,
    "ticker24hr_price_change_statistics": shapes.DAY,
    "symbol_order_book_ticker": shapes.BOOK_TICKER,
    "symbol_price_ticker_v2": shapes.PRICE,
    "mark_price": shapes.PREMIUM,
    "get_funding_rate_info": shapes.FUNDING_INFO,
    "get_funding_rate_history": shapes.FUNDING_RATE,
    "open_interest": shapes.OPEN_INTEREST,
}
STREAMS = {
    "individual_symbol_book_ticker_streams": shapes.BOOK_TICKER_EVENT,
    "diff_book_depth_streams": shapes.DEPTH_EVENT,
    "aggregate_trade_streams": shapes.AGG_EVENT,
    "mark_price_stream": shapes.MARK_EVENT,
    "kline_candlestick_streams": shapes.KLINE_EVENT,
}
_JSON: dict[str, type | tuple[type, ...]] = {
    "decimal": str,
    "figure": str,
    "text": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "rows": list,
    "object": dict,
    "null": (str, type(None)),
}


@pytest.mark.data
@pytest.mark.parametrize(
    ("kind", "name", "shape"),
    [("rest_api", *row) for row in TABLE.items()] + [("websocket_streams", *row) for row in STREAMS.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_documented_field_is_in_the_table_with_its_type(kind: str, name: str, shape: Shape) -> None:
    if not _SAMPLES.exists():
        pytest.skip("real market data is not beside the checkout")
    sample: Any = json.loads(_SAMPLES.read_text())[kind][name]
    row = sample[0] if isinstance(sample, list) else sample
    documented = {k: v for k, v in row.items() if k not in _OF_TRAILING_STOPS - set(shape)}
    if not set(shape) & _OF_FAILURES:
        documented = {k: v for k, v in documented.items() if k not in _OF_FAILURES}
    assert set(documented) - set(shape) == set()
    wrong = {k: v for k, v in documented.items() if not isinstance(v, _JSON[shape[k]])}
    assert wrong == {}
