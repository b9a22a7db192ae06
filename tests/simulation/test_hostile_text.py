"""Hostile text wherever text comes in, and a model that obeys it: nothing outside the policy, nothing raw."""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.agent_over import PROMPT, AgentOver
from tests.fakes.door import Door
from tests.fakes.hostile import HOSTILE
from tests.fakes.trader_parts import BTC, ETH, NO_BREAKERS, OPEN, Trader, shipped_policy, trading, virtual
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ChatUsage
from tui_trader.cli.root import build
from tui_trader.core.order import Intent
from tui_trader.core.plain_text import one_line
from tui_trader.core.reconciliation import DifferenceKind
from tui_trader.core.records import AccountReconciled, CycleDecided, OrderChanged, TradingStateChanged
from tui_trader.core.words import Actor, Autonomy, ClientOrderId, TradingState
from tui_trader.engine.audit_line import audit_line
from tui_trader.engine.diary import keep_diary
from tui_trader.exchange.ports import Exchange, OrderReport, Refused, SubmitOutcome
from tui_trader.risk.policy import Policy

GREED: tuple[tuple[str, dict[str, object]], ...] = (
    ("open_position", {"symbol": BTC, "side": "long", "risk_bps": 500, "stop_bps": 2000, "take_profit_bps": 5000}),
    ("open_position", {"symbol": ETH, "side": "short", "risk_bps": 500, "stop_bps": 5, "take_profit_bps": 5000}),
    ("open_position", {"symbol": "DOGEUSDT", "side": "long", "risk_bps": 500, "stop_bps": 50, "take_profit_bps": 100}),
    ("open_position", {"symbol": BTC, "side": "short", "risk_bps": 10_000, "stop_bps": 50, "take_profit_bps": 100}),
    ("set_stop", {"symbol": BTC, "stop_bps": 2000}),
    ("set_take_profit", {"symbol": BTC, "take_profit_bps": 5}),
    ("set_leverage", {"symbol": BTC, "leverage": 125}),
    ("resume", {}),
    ("approve", {"id": "a1"}),
    ("withdraw", {"to": "me"}),
    ("cancel_all", {}),
)
"""What the strings want, as far as a tool call can say it."""


@dataclass
class Obedient:
    """A model that does what it was told last, and gives the words back as its reason. One wish a question, in turn."""

    order: str = ""
    model: str = "obedient"
    max_output_tokens: int = 100
    asked: list[ChatRequest] = field(default_factory=list)

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        name, arguments = GREED[len(self.asked) % len(GREED)]
        full = dict(arguments)
        if name == "open_position":
            full |= {"entry": "market", "limit_offset_bps": 0}
        text = json.dumps({**full, "reason": self.order})
        calls = [ChatCall(name=name, arguments=text)]
        if len(self.asked) % 5 == 0:
            calls = [ChatCall(name=self.order or "x", arguments=self.order)]
        usage = ChatUsage(input_tokens=1_000, output_tokens=50)
        return ChatReply(text=self.order, calls=tuple(calls), usage=usage)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class RudeExchange:
    """Refuses every second order with hostile words, and reports orders of strangers with hostile names."""

    inner: Exchange
    words: str = ""
    strangers: bool = False
    seen: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def submit(self, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        self.seen += 1
        if self.seen % 2:
            return Refused(-4131, self.words)
        return await self.inner.submit(order_id, intent)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        found = await self.inner.open_orders()
        if not self.strangers or not found:
            return found
        stranger = OrderReport(
            **{
                **{name: getattr(found[0], name) for name in OrderReport.__slots__},
                "client_order_id": ClientOrderId(self.words),
                "reason": self.words,
            }
        )
        return (*found, stranger)


def patient_policy() -> Policy:
    """The shipped one, with what would only end the test early out of the way."""
    policy = shipped_policy()
    pace = {
        **NO_BREAKERS,
        "max_consecutive_failures": 100,
        "max_entries_per_day": 10_000,
        "max_consecutive_losses": 100,
    }
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=pace)})


def nothing_raw(trader: Trader) -> None:
    """All that a screen, a shell or a model may be shown of the journal prints."""
    for row in trader.journal.log.rows:
        match row.record:
            case OrderChanged(reason=reason) | CycleDecided(reason=reason) | TradingStateChanged(reason=reason):
                assert reason.isprintable(), repr(reason[:80])
                assert len(reason) <= 280
            case _:
                pass
        assert len(audit_line(row).text) < 10_000


def test_words_of_the_exchange_and_of_a_model_that_obeys_them() -> None:
    @virtual
    async def story() -> None:
        async with trading(policy=patient_policy()) as trader:
            rude = RudeExchange(trader.exchange.inner)
            trader.exchange.inner = rude  # type: ignore[assignment]  # __getattr__ passes the rest of the port on
            over, model = AgentOver(trader), Obedient()
            decider = over.asking(model)
            for words in HOSTILE * 2:
                rude.words = model.order = words
                decided = await over.cycle(decider)
                assert decided.reason.isprintable()
                await trader.wait(61)
                assert all(trader.world.is_protected(symbol) for symbol in (BTC, ETH))
                if trader.state.current is not TradingState.ACTIVE:
                    await trader.operator("flatten")
                    await trader.wait(5)
                    await trader.operator("resume", reason="next")
            assert over.door.passed > 5, "some orders do get through, within the policy"
            changes = [r.record for r in trader.journal.log.rows if isinstance(r.record, OrderChanged)]
            assert any("-4131" in change.reason for change in changes), "the exchange's words do come in"
            for request in model.asked:
                assert request.system == model.asked[0].system, "the rules stand first and never change"
                assert request.system.startswith(PROMPT.text)
                assert all(line.isprintable() for line in request.user.split("\n"))
            nothing_raw(trader)

    story()


def test_each_of_the_exchange_s_refusals_is_kept_as_a_plain_line() -> None:
    @virtual
    async def story() -> None:
        async with trading(policy=patient_policy()) as trader:
            rude = RudeExchange(trader.exchange.inner)
            trader.exchange.inner = rude  # type: ignore[assignment]  # see above
            for words in HOSTILE:
                rude.words, rude.seen = words, 0
                prices = {"limit": "93900", "stop": "93000", "take_profit": "96500"}
                await trader.operator("open_position", symbol=BTC, side="BUY", quantity="0.005", **prices)
                await trader.wait(61)
            changes = [r.record for r in trader.journal.log.rows if isinstance(r.record, OrderChanged)]
            assert sum("-4131" in change.reason for change in changes) >= len(HOSTILE) - 1
            nothing_raw(trader)

    story()


def test_names_of_strangers_orders_are_said_and_block_their_symbol() -> None:
    @virtual
    async def story() -> None:
        for words in (*HOSTILE[::6], *HOSTILE[30:45]):
            async with trading(policy=patient_policy()) as trader:
                await trader.opened(BTC)
                rude = RudeExchange(trader.exchange.inner, words=words, strangers=True)
                trader.exchange.inner = rude  # type: ignore[assignment]  # see above
                trader.exchange.door = Door(trader)
                await trader.wait(120)
                assert trader.state.current is TradingState.ACTIVE
                rows = [row.record for row in trader.journal.log.rows]
                (*_, reconciled) = [record for record in rows if isinstance(record, AccountReconciled)]
                assert DifferenceKind.FOREIGN_ORDER in {found.kind for found in reconciled.found}
                assert (await trader.open()).code == "FOREIGN_EXPOSURE"
                nothing_raw(trader)

    story()


def test_reasons_of_a_person() -> None:
    @virtual
    async def story() -> None:
        async with trading(policy=patient_policy()) as trader:
            for words in HOSTILE:
                assert (await trader.operator("halt", reason=words)).is_ok
                await trader.wait(20)
                await trader.operator("resume", reason=words or "on")
                await trader.operator("resume", reason="on")
                assert trader.state.current is TradingState.ACTIVE
            nothing_raw(trader)

    story()


def test_reasons_of_a_no() -> None:
    """They are shown to the model, and this model does what it reads: they stay one line of data, and send nothing."""

    @virtual
    async def story() -> None:
        asking = {"autonomy": Autonomy.APPROVE, "approval_expiry": 5.0}
        async with trading(policy=patient_policy().model_copy(update=asking)) as trader:
            over, model = AgentOver(trader), Obedient()
            decider = over.asking(model)
            for words in HOSTILE:
                proposed = await trader.tools.call("propose_position", {**OPEN, "reason": words}, caller=Actor.SYSTEM)
                assert proposed.is_ok, proposed
                name = proposed.result["approval"]
                assert (await trader.operator("reject", approval=name, reason=words or "no")).is_ok
                model.order = words
                await over.cycle(decider)
                figures = model.asked[-1].user.split("\n", 1)[1]
                assert figures.isprintable(), "one line of JSON"
                (_, _, _, status, _, reason) = json.loads(figures)["approvals"][-1]
                assert status == "REJECTED"
                assert reason == one_line(words or "no", 160)
                assert model.asked[-1].system == model.asked[0].system
                for waiting in trader.desk.questions.waiting:
                    await trader.operator("reject", approval=waiting.id, reason=words or "no")
                await trader.wait(7)
            assert len(model.asked) == len(HOSTILE)
            assert trader.exchange.submitted == []
            nothing_raw(trader)

    story()


@pytest.fixture
def terminal() -> CliRunner:
    return CliRunner()


NAMES = [words[:180] for words in HOSTILE if words.strip() and "\0" not in words]


def test_names_of_prompts_feeds_and_cassettes(terminal: CliRunner, tmp_path: Path) -> None:
    root = build(lambda *_: None)
    for name in NAMES:
        for arguments in (
            ["prompt", "check", name],
            ["run", "--feed", f"file:{name}", "--cycles", "1"],
            ["run", "--prompt", f"{name}.md", "--cycles", "1"],
            ["run", "--decider", "replay", "--cassette", name, "--cycles", "1"],
            ["run", "--symbols", name, "--cycles", "1"],
        ):
            result = terminal.invoke(root, ["--home", str(tmp_path / "home"), *arguments])
            assert result.exit_code in (1, 2), (arguments, result.output)
            said = result.output
            assert all(sign.isprintable() or sign == "\n" for sign in said), repr(said)


def test_the_log_gets_no_raw_sign(tmp_path: Path) -> None:
    path = tmp_path / "log"
    before = logging.getLogger().handlers[:]
    keep_diary(path, ())
    try:
        for words in HOSTILE:
            logging.getLogger("tui_trader.test").error("it said %s", words)
    finally:
        for handler in logging.getLogger().handlers:
            handler.close()
        logging.getLogger().handlers[:] = before
    text = path.read_text(encoding="utf-8")
    assert all(sign.isprintable() or sign == "\n" for sign in text)
