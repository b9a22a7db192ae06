"""The console: draws what the engine publishes, calls what the engine offers, decides nothing.

`app.py` composes, `actions.py` names every key, `panes/` turn mailbox keys into views, `widgets/` draw lines.
Nothing is ever read back from a widget.
"""
