"""The console: composes the trading screen, and turns actions into commands and their answers into words."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Input

from tui_trader.core.clock.pulse import stopwatch
from tui_trader.core.words import Mode, TradingState
from tui_trader.engine.client import EngineClient
from tui_trader.engine.commands import (
    AcceptPrompt,
    Adopt,
    Approve,
    DecideNow,
    FlattenAll,
    Halt,
    PlaceOrder,
    Reject,
    Reply,
    Resume,
)
from tui_trader.engine.live.question import LiveQuestion
from tui_trader.tui.actions import APP_ACTIONS, UNLESS_TYPING, bindings_of
from tui_trader.tui.answering import AnsweringApp
from tui_trader.tui.panes.pane import Source
from tui_trader.tui.replies import why
from tui_trader.tui.screens.accepting import AcceptDialog
from tui_trader.tui.screens.adopting import AdoptDialog, foreign_symbol
from tui_trader.tui.screens.approving import ApproveDialog, RejectDialog
from tui_trader.tui.screens.beginning import LiveDialog
from tui_trader.tui.screens.decisions import DecisionsScreen
from tui_trader.tui.screens.help import HelpDialog
from tui_trader.tui.screens.questions import FlattenDialog, QuitDialog, ResumeDialog
from tui_trader.tui.screens.ticket import TicketDialog
from tui_trader.tui.screens.trading import TradingScreen
from tui_trader.tui.vitals import Life, Vitals
from tui_trader.tui.widgets.glyphs import Glyphs

_CSS = Path(__file__).parent / "css"
_LOOK_EVERY = 0.25


class TraderApp(AnsweringApp):
    """One console over one engine."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(APP_ACTIONS)]
    CSS_PATH: ClassVar = [_CSS / "base.tcss", _CSS / "trading.tcss", _CSS / "dialogs.tcss"]
    TITLE = "tui-trader"

    def __init__(
        self,
        client: EngineClient,
        *,
        glyphs: Glyphs,
        painted: Callable[[], None] = lambda: None,
        mode: Mode | None = None,
        question: LiveQuestion | None = None,
        accepted: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = stopwatch,
    ) -> None:
        """`painted` is called once, after the first picture, and after the `question`, if there is one, was answered
        (`accepted` has been told the account then). `mode` is the engine's, None where only it knows; `now` gives real
        seconds.
        """
        super().__init__(client)
        self._painted = painted
        self._question = question
        self._accepted = accepted
        self._glyphs = glyphs
        self._vitals = Vitals(client, now, life=Life.STARTING if question is None else Life.ASKED_FIRST)
        self._now = now
        self._source = Source(client, self._vitals, glyphs)
        self._trading = TradingScreen(self._source, mode)
        self.set_class(glyphs.is_ascii, "-ascii")

    def get_default_screen(self) -> Screen[None]:
        """The trading screen, from the first picture on."""
        return self._trading

    def on_mount(self) -> None:
        """Begin the engine once there is something to see it on."""
        self.call_after_refresh(self._begin)
        self.set_interval(_LOOK_EVERY, self._mind_the_engine)

    def _begin(self) -> None:
        """Where real money is traded, not before a person has named the account."""
        question = self._question
        if question is None:
            self._painted()
            return

        def answered(account: str | None) -> None:
            if account is None:
                self.exit()
            else:
                self._vitals.begin()
                self._accepted(account)
                self._painted()

        self.push_screen(LiveDialog(question, self._glyphs), answered)

    def _mind_the_engine(self) -> None:
        """An engine that could not even begin has left a sentence for the shell; one that has ended stays on view."""
        ending = self._client.ending
        if ending is not None and ending.failure is not None and not ending.had_begun:
            self.exit()

    # ------------------------------------------------------------------ actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter that works everywhere is a letter again while one types."""
        if action == UNLESS_TYPING and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    async def action_unless_typing(self, action: str) -> None:
        """The action behind a letter."""
        await self.run_action(action)

    def action_halt(self) -> None:
        """Trip the switch before anything else, then say so."""
        asked_at = self._now()
        answer = self._client.submit(Halt(reason="halted at the console"))
        self._trading.halt_asked()

        def told(reply: Reply) -> None:
            took = round((self._now() - asked_at) * 1000)
            if reply.done:
                self.say(f"HALTED, journalled after {took} ms. Exits and stops go on; r resumes.", "warning")
            elif self._client.is_over:
                self._trading.halt_settled()
                self.say("The engine has ended: nothing trades.", "warning")
            else:
                self.say(f"Halted in memory, but not in the journal: {why(reply)}", "error")

        self.when_answered(answer, told)

    def action_resume(self) -> None:
        """Ask for a reason, if there is something to resume from."""
        self._trading.look()
        state, status = self._trading.trading_state, self._trading.status
        if state is None or status is None:
            self.say("The engine has not said yet how it stands.", "warning")
        elif state is TradingState.ACTIVE and not status.breakers:
            self.say("Trading is ACTIVE; there is nothing to resume.")
        else:
            self.push_screen(ResumeDialog(state, status, self._glyphs), self._resume)

    def _resume(self, reason: str | None) -> None:
        if reason is None:
            return

        def told(reply: Reply) -> None:
            if reply.done:
                self._trading.halt_settled()
                self.say("Trading is ACTIVE again.")
            else:
                self.say(f"Not resumed: {why(reply)}", "error")

        self.send(Resume(reason=reason), told)

    def action_flatten(self) -> None:
        """List, ask, flatten."""
        self._trading.look()
        self.push_screen(FlattenDialog(lambda: self._trading.status, self._glyphs), self._flatten)

    def _flatten(self, confirmed: bool | None) -> None:
        if not confirmed:
            return
        self.say("Flattening …")
        self.send(FlattenAll(), self.teller("Flat: nothing held, no order open.", "Not flat"))

    def action_decisions(self) -> None:
        """Every cycle a row."""
        self.push_screen(DecisionsScreen(self._source))

    def action_adopt(self) -> None:
        """Show what somebody else has, ask, take it over."""
        self._trading.look()
        status = self._trading.status
        symbol = foreign_symbol(status) if status is not None else None
        if symbol is None:
            self.say("Nobody else holds or works anything here.")
            return

        def confirmed(adopt: Adopt | None) -> None:
            if adopt is not None:
                self.send(adopt, self.teller(f"{adopt.symbol} is ours, with a stop.", f"{adopt.symbol} not adopted"))

        self.push_screen(AdoptDialog(symbol, lambda: self._trading.status, self._glyphs), confirmed)

    def action_order(self) -> None:
        """Fill in a ticket, ask the gate as one types, send what was confirmed."""

        def confirmed(order: PlaceOrder | None) -> None:
            if order is not None:
                self.send(order, self.teller_of(f"{order.side} {order.symbol}", "Not sent"))

        self.push_screen(TicketDialog(self._trading.symbol, self.send, self._glyphs), confirmed)

    def action_approve(self) -> None:
        """Show all of the oldest question; its `y` sends it."""
        self._trading.look()
        asked = self._trading.question
        if asked is None:
            self.say("Nothing waits for approval.")
            return

        def confirmed(yes: bool | None) -> None:
            if yes:
                self.send(Approve(approval=asked.id), self.teller_of(f"{asked.id} approved", f"{asked.id} not sent"))

        self.push_screen(ApproveDialog(asked, lambda: self._trading.status, self._glyphs), confirmed)

    def action_reject(self) -> None:
        """Ask why not; the agent is told."""
        self._trading.look()
        asked = self._trading.question
        if asked is None:
            self.say("Nothing waits for approval.")
            return

        def given(reason: str | None) -> None:
            if reason is not None:
                told = self.teller(f"{asked.id} rejected.", f"{asked.id} not rejected")
                self.send(Reject(approval=asked.id, reason=reason), told)

        self.push_screen(RejectDialog(asked, self._glyphs), given)

    def action_accept_prompt(self) -> None:
        """List what the prompt's file loosens; `y` puts that in force, and nothing that was not shown."""
        self._trading.look()
        status = self._trading.status
        waiting = status.prompt_waiting if status is not None else None
        if status is None or waiting is None:
            self.say((status.prompt_problem if status else "") or "Nothing waits: all of the prompt is in force.")
            return
        if status.mode is Mode.LIVE:
            self.say("In live a looser limit takes effect at a restart only.", "warning")
            return

        def confirmed(yes: bool | None) -> None:
            if yes:
                told = self.teller("The changed prompt is in force.", "Not accepted")
                self.send(AcceptPrompt(seal=waiting.seal), told)

        self.push_screen(AcceptDialog(waiting, self._glyphs), confirmed)

    def action_decide(self) -> None:
        """One decision now."""
        self.send(DecideNow(), self.teller("Deciding now.", "No decision"))

    def action_help(self) -> None:
        """Explain."""
        self.push_screen(HelpDialog(self._glyphs))

    def action_ask_quit(self) -> None:
        """Leave; ask first where a position would be left to its stop."""
        self._trading.look()
        status, life = self._trading.status, self._vitals.latest.life
        ends_with_us = self._client.embeds and life not in (Life.ENDED, Life.FAILED)
        if status is not None and status.positions and ends_with_us:
            self.push_screen(QuitDialog(lambda: self._trading.status, self._glyphs), self._quit)
        else:
            self.exit()

    def _quit(self, confirmed: bool | None) -> None:
        if confirmed:
            self.exit()
