"""Opens a chat model; the client library is loaded here, at the call, because it costs seconds and memory."""

from tui_trader.agent.llm.lines import Line, LiveLine, Record
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.core.clock import Clock


def open_line(settings: ChatSettings, clock: Clock, record: Record | None = None) -> Line:
    """A line to the model behind these settings. Connects to nothing yet."""
    from tui_trader.agent.llm.openai_chat import OpenAIChat  # noqa: PLC0415 - late on purpose, see above

    return LiveLine(OpenAIChat(settings), clock, record)
