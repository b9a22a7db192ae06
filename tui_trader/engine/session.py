"""A session: one process that holds a home, runs the engine in it, answers the socket and minds the signals."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from tui_trader.engine.control import ControlServer
from tui_trader.engine.diary import keep_diary
from tui_trader.engine.home import HomeLock
from tui_trader.engine.options import RunOptions
from tui_trader.engine.supervisor import Supervisor
from tui_trader.engine.thread import EngineThread

if TYPE_CHECKING:  # what a line is made of needs the journal and the desk, which a first paint need not wait for
    from tui_trader.engine.lines import LineSink


class Session:
    """Use it as a context; inside, the lock is held, the socket listens and the engine runs."""

    def __init__(
        self,
        options: RunOptions,
        *,
        sink: "LineSink | None" = None,
        hung: Callable[[str], None] = lambda _: None,
    ) -> None:
        """The home must be prepared; `hung` ends the process of an engine that hangs. Raises HomeError if it is locked.

        With a console the engine is not started here but by `engine.start`, once the first picture is on the screen.
        """
        self._starts_engine = not options.with_console
        self._lock: HomeLock = options.home.locked()
        keep_diary(options.home.log, options.settings.secrets())
        self.engine = EngineThread(options, sink=sink, supervisor=Supervisor.of_this_process(), hung=hung)
        self._server = ControlServer(options.home.socket, self.engine)
        self.signal: signal.Signals | None = None

    def __enter__(self) -> "Session":
        """Start."""
        self._server.start()
        if self._starts_engine:
            self.engine.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the engine, close the socket, let the home go."""
        self.engine.stop("the program ends")
        self.engine.join()
        self._server.close()
        self._lock.__exit__(None, None, None)

    def take_signals(self, *wanted: signal.Signals, then: Callable[[], None] = lambda: None) -> None:
        """On any of these the engine is asked to end cleanly; `then` runs after that, in the main thread."""

        def taken(number: int, _: FrameType | None) -> None:
            self.signal = signal.Signals(number)
            self.engine.stop(f"signal {self.signal.name}")
            then()

        for number in wanted:
            signal.signal(number, taken)
