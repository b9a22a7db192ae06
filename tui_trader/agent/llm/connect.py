"""Opens a chat model; the client library is loaded here, at the call, because it costs seconds and memory."""

from tui_trader.agent.llm.ports import ChatModel
from tui_trader.agent.llm.settings import ChatSettings


def open_chat(settings: ChatSettings) -> ChatModel:
    """The model behind these settings. Connects to nothing yet."""
    from tui_trader.agent.llm.openai_chat import OpenAIChat  # noqa: PLC0415 - late on purpose, see above

    return OpenAIChat(settings)
