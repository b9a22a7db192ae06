"""The heartbeat: asks the engine's loop twice a second for a sign of life, and says when it gives none any more.

It runs in a thread of its own and in real time, whatever market and clock do. It counts its own unanswered questions
and not the time: a process that was stopped, or a machine that slept, has asked nothing meanwhile.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui_trader.engine.supervisor import Supervisor

BEAT = 0.5
"""Real seconds between two questions."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What beats: a loop, what is done on it at each beat, and how it says that it stands."""

    loop: asyncio.AbstractEventLoop
    looks: Sequence[Callable[[], None]]
    status: Callable[[], str]


class Heartbeat:
    """From `start` until the engine ends by itself, or until its loop hangs."""

    def __init__(
        self,
        pulse: Pulse,
        supervisor: Supervisor,
        *,
        over: threading.Event,
        hangs_after: float,
        hung: Callable[[float], None],
    ) -> None:
        """`hung` is called once, in the heartbeat's thread, when the loop has not answered for `hangs_after` seconds.

        `over`: the engine ends by itself, and what takes long from then on is no hanging.
        """
        self._pulse = pulse
        self._supervisor = supervisor
        self._most = max(2, round(hangs_after / BEAT))
        self._hung = hung
        self._over = over
        self._answered = threading.Event()
        self._status = ""

    def start(self) -> None:
        """Begin; a daemon, so that it never keeps a process alive."""
        threading.Thread(target=self._beat, name="engine heartbeat", daemon=True).start()

    def _beat(self) -> None:
        unanswered = 0
        self._answered.set()
        while not self._over.wait(BEAT):
            if self._answered.is_set():
                unanswered = 0
                self._answered.clear()
                try:
                    self._pulse.loop.call_soon_threadsafe(self._answer)
                except RuntimeError:
                    return  # the loop has closed
                continue
            unanswered += 1
            if unanswered >= self._most:
                self._hung(unanswered * BEAT)
                return
        self._supervisor.stopping("the engine has ended")

    def _answer(self) -> None:
        """On the loop."""
        self._answered.set()
        try:
            for look in self._pulse.looks:
                look()
            self._status = self._pulse.status()
        except Exception as error:  # noqa: BLE001 - a picture that cannot be drawn is no reason to call a loop dead
            _log.warning("the heartbeat could not look: %s", type(error).__name__, exc_info=error)
        self._supervisor.alive(self._status)
