"""An app that sends commands to the engine and puts their answers into words."""

import contextlib
from collections.abc import Callable
from concurrent.futures import Future

from tui_trader.engine.client import EngineClient
from tui_trader.engine.commands import Command, Reply
from tui_trader.tui.base import QuietApp
from tui_trader.tui.replies import reply_of, why


class AnsweringApp(QuietApp):
    """Answers come on the engine's thread and are told on the console's."""

    def __init__(self, client: EngineClient) -> None:
        """`client` is the engine that is asked."""
        super().__init__()
        self._client = client

    def send(self, command: Command, told: Callable[[Reply], None]) -> None:
        """Hand it to the engine; its answer is `told` on the console's loop."""
        self.when_answered(self._client.submit(command), told)

    def when_answered(self, answer: "Future[Reply]", told: Callable[[Reply], None]) -> None:
        """The answer comes on the engine's thread; it is told on ours, if we are still there."""

        def came(future: "Future[Reply]") -> None:
            loop = self._own_loop
            if loop is not None:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(told, reply_of(future))

        answer.add_done_callback(came)

    def teller(self, done: str, not_done: str) -> Callable[[Reply], None]:
        """Says that it was done, or why not."""

        def told(reply: Reply) -> None:
            if reply.done:
                self.say(done)
            else:
                self.say(f"{not_done}: {why(reply)}", "error")

        return told

    def say(self, words: str, severity: str = "information") -> None:
        """A toast: plain text, whoever wrote it."""
        match severity:
            case "error":
                self.notify(words, severity="error", timeout=8, markup=False)
            case "warning":
                self.notify(words, severity="warning", timeout=5, markup=False)
            case _:
                self.notify(words, timeout=3, markup=False)

    def teller_of(self, done: str, not_done: str) -> Callable[[Reply], None]:
        """Says what became of the order, too."""

        def told(reply: Reply) -> None:
            if reply.done:
                self.say(f"{done}: {reply.result.get('status', '')} {reply.result.get('filled', '')}".rstrip(" :"))
            else:
                self.say(f"{not_done}: {why(reply)}", "error")

        return told
