"""Every failed request means exactly one thing; what no table lists may have happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.exchange.binance.failures import Answer, Verdict, failure_of


def verdict(status: int, code: int = 0, text: str = "") -> Verdict:
    return failure_of(Answer(status, code, text)).verdict


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007, -9999, -5555, -1])
def test_documented_unknowns_and_everything_unlisted_are_unknown(code: int) -> None:
    assert verdict(400, code) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        *(
            -1003,
            -1008,
            -1015,
            -1021,
            -1022,
            -1102,
            -1104,
            -1106,
            -1111,
            -1121,
            -1125,
            -2010,
            -2014,
            -2015,
            -2018,
            -2019,
        ),
        *(
            -2020,
            -2021,
            -2022,
            -2023,
            -2024,
            -2025,
            -2027,
            -2028,
            -4003,
            -4014,
            -4015,
            -4023,
            -4024,
            -4045,
            -4061,
            -4062,
        ),
        *(
            -4105,
            -4118,
            -4120,
            -4130,
            -4131,
            -4137,
            -4142,
            -4164,
            -4189,
            -4400,
            -4401,
            -5021,
            -5022,
            -5028,
            -5041,
            -1099,
        ),
    ],
)
def test_documented_refusals_are_definite(code: int) -> None:
    assert verdict(400, code) is Verdict.REJECTED


@pytest.mark.parametrize("code", [-4046, -4059, -4171, -5027, -2011, -2013])
def test_what_is_so_already_or_is_not_there_is_no_failure(code: int) -> None:
    assert verdict(400, code) is Verdict.NO_OP


def test_a_duplicate_among_open_orders_is_already_there() -> None:
    assert verdict(400, -4116) is Verdict.ALREADY_THERE


@pytest.mark.parametrize(
    ("status", "code", "text", "expected"),
    [
        (503, 0, "Unknown error, please check your request or try again later.", Verdict.UNKNOWN),
        (503, 0, "Service Unavailable.", Verdict.REJECTED),
        (503, -1, "Service Unavailable.", Verdict.REJECTED),
        (503, -1001, "Internal error; unable to process your request. Please try again.", Verdict.UNKNOWN),
        (503, -1008, "Request throttled by system-level protection.", Verdict.REJECTED),
        (503, 0, "HTTP 503", Verdict.UNKNOWN),
        (408, -1007, "Timeout waiting for response from backend server.", Verdict.UNKNOWN),
        (500, 0, "", Verdict.UNKNOWN),
        (502, 0, "HTTP 502", Verdict.UNKNOWN),
        (403, 0, "HTTP 403", Verdict.REJECTED),
        (429, 0, "", Verdict.REJECTED),
        (418, 0, "", Verdict.REJECTED),
        (302, 0, "", Verdict.UNKNOWN),
    ],
)
def test_statuses_and_wordings(status: int, code: int, text: str, expected: Verdict) -> None:
    assert verdict(status, code, text) is expected


@given(st.integers(min_value=500, max_value=599), st.text(max_size=20))
def test_no_server_error_without_a_code_is_definite_but_the_one_wording(status: int, text: str) -> None:
    said = failure_of(Answer(status, 0, text)).verdict
    assert said is Verdict.UNKNOWN or text.strip() == "Service Unavailable."


@pytest.mark.parametrize(
    ("code", "locked", "clock"), [(-2015, True, False), (-1021, False, True), (-2019, False, False)]
)
def test_a_refused_key_and_a_refused_time_are_told_from_the_rest(code: int, *, locked: bool, clock: bool) -> None:
    failure = failure_of(Answer(400, code, ""))
    assert (failure.is_lockout, failure.is_of_the_clock) == (locked, clock)
