"""The graph's rules: every path reaches the record, once; nothing trades that was not decided, judged and allowed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.agent_parts import BTC, ScriptedDecider, policy, snapshot
from tests.fakes.agent_tools import CLOSE_ARGUMENTS, OPEN_ARGUMENTS
from tests.unit.agent.cycles import Bench, in_virtual_time, one_cycle, wants
from tui_trader.agent.deciders.ports import Decision, ProposedCall
from tui_trader.agent.faults import Fault
from tui_trader.agent.runner import KEPT_THREADS
from tui_trader.agent.trace import NodeName, NodeStage, NodeTrace
from tui_trader.core.clock import LoopClock
from tui_trader.core.records import CycleDecided, ToolStatus
from tui_trader.core.words import Actor, CycleVerdict
from tui_trader.journal.ports import JournalUnwritable

WHOLE_PATH = [name.value for name in NodeName]
OPEN = ("open_position", OPEN_ARGUMENTS)
CLOSE = ("close_position", CLOSE_ARGUMENTS)


def test_a_trade_passes_every_node_and_leaves_one_record() -> None:
    decided, bench = one_cycle(wants(OPEN, reason="it rises"))
    assert decided.verdict is CycleVerdict.TRADE
    assert decided.reason == "it rises"
    assert [(a.tool, a.outcome) for a in decided.actions] == [("open_position", "done")]
    assert bench.path == WHOLE_PATH
    assert bench.journal.decisions == [decided]
    assert bench.events[-2] == decided, "the decision is told after its row is durable, before the node is done"
    assert bench.toolbox.calls == [("open_position", OPEN_ARGUMENTS, Actor.AGENT, 7)]


def test_each_node_tells_when_it_starts_and_when_it_is_done() -> None:
    _, bench = one_cycle(wants(OPEN))
    told = [(e.node, e.stage) for e in bench.events if isinstance(e, NodeTrace)]
    assert told == [(name, stage) for name in NodeName for stage in NodeStage]


def test_no_call_is_a_hold() -> None:
    decided, bench = one_cycle(Decision(reason="nothing to do"))
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "nothing to do")
    assert bench.path == ["gather", "triage", "analyze_market", "log_decision"]


def test_exits_run_before_entries_whatever_the_order_of_the_answer() -> None:
    _, bench = one_cycle(wants(OPEN, CLOSE))
    assert [tool for tool, *_ in bench.toolbox.calls] == ["close_position", "open_position"]


def test_with_observe_nothing_is_executed_and_an_entry_is_written_down() -> None:
    def prepare(bench: Bench) -> None:
        bench.policy = policy(autonomy="observe")

    decided, bench = one_cycle(wants(OPEN, CLOSE), prepare=prepare)
    assert bench.toolbox.calls == [("observe_position", OPEN_ARGUMENTS, Actor.SYSTEM, 7)]
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "observe: proposed only, observed W3XA")
    assert [(a.tool, a.outcome) for a in decided.actions] == [
        ("close_position", "proposed"),
        ("open_position", "waits:observed W3XA"),
    ]


def test_an_entry_that_needs_a_person_is_proposed_and_the_cycle_holds() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.asks = frozenset({"open_position"})

    decided, bench = one_cycle(wants(OPEN), prepare=prepare)
    assert bench.toolbox.calls == [("propose_position", OPEN_ARGUMENTS, Actor.SYSTEM, 7)]
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "waits for approval K7QF")
    assert [a.outcome for a in decided.actions] == ["waits:approval K7QF"]
    assert bench.path == [name for name in WHOLE_PATH if name != "execute_trade"]


def test_an_exit_does_not_wait_for_the_person_who_is_asked_about_an_entry() -> None:
    def prepare(bench: Bench) -> None:
        bench.policy = policy(autonomy="approve")
        bench.toolbox.asks = frozenset({"open_position"})

    decided, bench = one_cycle(wants(OPEN, CLOSE), prepare=prepare)
    assert [(tool, caller) for tool, _, caller, _ in bench.toolbox.calls] == [
        ("propose_position", Actor.SYSTEM),
        ("close_position", Actor.AGENT),
    ]
    assert decided.verdict is CycleVerdict.TRADE
    assert [a.outcome for a in decided.actions] == ["done", "waits:approval K7QF"]


def test_a_symbol_that_waits_holds_and_is_not_asked_about_again() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.holds = {"open_position": "waits for approval K7QF"}

    decided, bench = one_cycle(wants(OPEN), prepare=prepare)
    assert bench.toolbox.calls == []
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "waits for approval K7QF")


def test_a_question_that_could_not_be_asked_is_a_denial_with_its_code() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.asks = frozenset({"open_position"})
        bench.toolbox.statuses = {"propose_position": ToolStatus.DENIED}

    decided, _ = one_cycle(wants(OPEN), prepare=prepare)
    assert (decided.verdict, decided.reason) == (CycleVerdict.DENIED, "denied LATE_DENIAL")


def test_what_the_gate_denies_is_dropped_and_the_rest_goes_on() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.denied = {"open_position": "MAX_OPEN_ORDERS"}

    decided, bench = one_cycle(wants(OPEN, CLOSE), prepare=prepare)
    assert [tool for tool, *_ in bench.toolbox.calls] == ["close_position"]
    assert {a.tool: a.outcome for a in decided.actions} == {
        "close_position": "done",
        "open_position": "denied:MAX_OPEN_ORDERS",
    }
    assert decided.verdict is CycleVerdict.TRADE


def test_all_denied_ends_before_approval() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.denied = {"open_position": "HALTED"}

    decided, bench = one_cycle(wants(OPEN), prepare=prepare)
    assert decided.verdict is CycleVerdict.DENIED
    assert "HALTED" in decided.reason
    assert bench.path == ["gather", "triage", "analyze_market", "check_risk", "log_decision"]
    assert bench.toolbox.calls == []


def test_a_denial_at_execution_is_a_denial() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.statuses = {"open_position": ToolStatus.DENIED}

    decided, _ = one_cycle(wants(OPEN), prepare=prepare)
    assert decided.verdict is CycleVerdict.DENIED
    assert decided.actions[0].outcome == "denied:LATE_DENIAL"


@pytest.mark.parametrize("status", [ToolStatus.FAILED, ToolStatus.INVALID, ToolStatus.INTERRUPTED])
def test_after_a_failed_tool_the_rest_is_not_reached(status: ToolStatus) -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.statuses = {"close_position": status}

    decided, bench = one_cycle(wants(OPEN, CLOSE), prepare=prepare)
    assert decided.verdict is CycleVerdict.FAULT
    assert decided.reason.startswith(Fault.TOOL_FAILED.value)
    assert [tool for tool, *_ in bench.toolbox.calls] == ["close_position"], "nothing is retried"
    assert [a.outcome for a in decided.actions] == [f"failed:{status.value}", "not_reached"]


def test_a_tool_that_raises_is_a_fault_that_keeps_what_was_done_before() -> None:
    async def explode(tool: str) -> None:
        if tool == "open_position":
            raise ZeroDivisionError

    def prepare(bench: Bench) -> None:
        bench.toolbox.on_call = explode

    decided, bench = one_cycle(wants(CLOSE, OPEN), prepare=prepare)
    assert decided.verdict is CycleVerdict.FAULT
    assert [a.outcome for a in decided.actions] == ["done", "failed:internal"]
    assert bench.journal.decisions == [decided]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_of_a_decider_ends_in_hold_with_its_name(fault: Fault) -> None:
    decided, bench = one_cycle(Decision(fault=fault, tokens=12, cost=Decimal("0.003")))
    assert decided.verdict is CycleVerdict.FAULT
    assert decided.reason.split(":")[0] == fault.value
    assert (decided.tokens, decided.cost) == (12, Decimal("0.003")), "a fault is paid for too"
    assert bench.journal.decisions == [decided]
    assert bench.toolbox.calls == []
    assert bench.toolbox.previews == []


@pytest.mark.parametrize(
    ("decision", "fault"),
    [
        (wants(("delete_everything", {})), Fault.UNKNOWN_TOOL),
        (wants(("get_account", {})), Fault.UNKNOWN_TOOL),
        (wants(("open_position", {**OPEN_ARGUMENTS, "leverage": 125})), Fault.BAD_ARGUMENTS),
        (wants(("open_position", {**OPEN_ARGUMENTS, "risk_bps": 501})), Fault.BAD_ARGUMENTS),
        (wants(("open_position", {**OPEN_ARGUMENTS, "risk_bps": True})), Fault.BAD_ARGUMENTS),
        (wants(("open_position", {**OPEN_ARGUMENTS, "symbol": "DOGEUSDT"})), Fault.BAD_ARGUMENTS),
        (wants(CLOSE, CLOSE, CLOSE, CLOSE, CLOSE), Fault.TOO_MANY_CALLS),
        (wants(CLOSE, ("open_position", {})), Fault.BAD_ARGUMENTS),
    ],
)
def test_an_answer_that_is_partly_wrong_is_void(decision: Decision, fault: Fault) -> None:
    decided, bench = one_cycle(decision)
    assert decided.reason.startswith(fault.value)
    assert bench.toolbox.calls == []


def _breaks_at(where: str) -> Callable[[Bench], None]:
    async def explode(*_: object) -> None:
        raise RuntimeError("sk-secret-key")

    def prepare(bench: Bench) -> None:
        match where:
            case "gather":
                bench.readings.before_snapshot = explode
            case "analyze_market":
                bench.decider = ScriptedDecider([RuntimeError("sk-secret-key")])
            case "check_risk":
                bench.toolbox.on_preview = explode
            case _:
                bench.toolbox.on_call = explode

    return prepare


@pytest.mark.parametrize("where", ["gather", "analyze_market", "check_risk", "execute_trade"])
def test_an_unexpected_error_in_a_node_reaches_the_record(where: str, caplog: pytest.LogCaptureFixture) -> None:
    decided, bench = one_cycle(wants(OPEN), prepare=_breaks_at(where))
    assert decided.verdict is CycleVerdict.FAULT
    assert decided.reason.startswith(Fault.INTERNAL.value)
    assert bench.journal.decisions == [decided]
    assert bench.path[-1] == "log_decision"
    assert "secret" not in caplog.text + str(bench.events), "an error's text is quoted nowhere"


def test_a_journal_that_cannot_be_written_stops_the_cycle_loudly() -> None:
    def prepare(bench: Bench) -> None:
        bench.journal.unwritable = (CycleDecided,)

    with pytest.raises(JournalUnwritable):
        one_cycle(wants(OPEN), prepare=prepare)


def test_two_hundred_cycles_keep_a_bounded_number_of_checkpoints() -> None:
    async def scenario(clock: LoopClock) -> tuple[int, int]:
        bench = Bench(clock, ScriptedDecider([Decision()]))
        agent = bench.agent()
        for number in range(1, 201):
            await agent.cycle(number)
        threads = {c.config["configurable"]["thread_id"] async for c in bench.saver.alist(None)}
        return len(threads), len(bench.journal.decisions)

    assert in_virtual_time(scenario) == (KEPT_THREADS, 200)


def test_a_cycle_number_that_was_broken_off_is_decided_anew() -> None:
    async def scenario(clock: LoopClock) -> list[CycleDecided]:
        bench = Bench(clock, ScriptedDecider([Decision(fault=Fault.TIMEOUT), wants(OPEN)]))
        agent = bench.agent()
        return [await agent.cycle(1), await agent.cycle(1)]

    first, second = in_virtual_time(scenario)
    assert first.verdict is CycleVerdict.FAULT
    assert second.verdict is CycleVerdict.TRADE
    assert second.reason == "as scripted", "nothing of the old thread's state is left"


def test_the_policy_is_read_at_the_start_of_each_cycle() -> None:
    async def scenario(clock: LoopClock) -> list[CycleVerdict]:
        bench = Bench(clock, ScriptedDecider([wants(OPEN)]))
        agent = bench.agent()
        first = await agent.cycle(1)
        bench.policy = policy(autonomy="observe")
        return [first.verdict, (await agent.cycle(2)).verdict]

    assert in_virtual_time(scenario) == [CycleVerdict.TRADE, CycleVerdict.HOLD]


def test_equal_cycles_give_equal_records() -> None:
    first, _ = one_cycle(wants(OPEN))
    second, _ = one_cycle(wants(OPEN))
    assert first == second


def test_proposed_calls_carry_their_arguments_unchanged_to_the_tool() -> None:
    call = ProposedCall(tool="open_position", arguments={**OPEN_ARGUMENTS, "reason": "x" * 500})
    _, bench = one_cycle(Decision(calls=(call,)))
    _, sent, _, _ = bench.toolbox.calls[0]
    reason = sent["reason"]
    assert {**sent, "reason": ""} == {**OPEN_ARGUMENTS, "reason": ""}
    assert isinstance(reason, str)
    assert len(reason) <= 160, "only texts are cut"


def test_preview_and_execution_are_told_the_price_that_the_decider_saw() -> None:
    def prepare(bench: Bench) -> None:
        async def while_it_thinks() -> None:
            bench.readings.markets[BTC] = snapshot(BTC, price="99000")

        decider = bench.decider
        assert isinstance(decider, ScriptedDecider)
        decider.before = while_it_thinks

    _, bench = one_cycle(wants(("open_position", OPEN_ARGUMENTS), ("halt", {"reason": "x"})), prepare=prepare)
    assert bench.toolbox.seen == [None, Decimal(94_000)]


def test_a_nodes_event_says_what_it_spent_and_what_it_settled() -> None:
    answer = Decision(reason="quiet", tokens=1_260, cost=Decimal("0.002"))
    _, bench = one_cycle(answer)
    told = {event.node: (event.tokens, event.cost, event.verdict) for event in bench.finished}
    assert told[NodeName.TRIAGE] == (0, Decimal(0), None)
    assert told[NodeName.ANALYZE_MARKET] == (1_260, Decimal("0.002"), CycleVerdict.HOLD)
    assert told[NodeName.LOG_DECISION] == (0, Decimal(0), CycleVerdict.HOLD)


def test_a_second_question_is_spent_where_it_was_asked() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.denied = {"open_position": "REWARD"}
        dear = [replace(wants(OPEN), tokens=100, cost=Decimal(1)), Decision(tokens=30, cost=Decimal(2))]
        bench.decider = ScriptedDecider(dear, amends=True)

    _, bench = one_cycle(prepare=prepare)
    spent = {event.node: (event.tokens, event.cost) for event in bench.finished}
    assert spent[NodeName.ANALYZE_MARKET] == (100, Decimal(1))
    assert spent[NodeName.CHECK_RISK] == (30, Decimal(2))
