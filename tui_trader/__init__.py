"""tui-trader: a console in which a model trades, inside limits that code enforces, while a person watches."""

__version__ = "0.1.0"
