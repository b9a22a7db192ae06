"""ccxt's client of Binance's USD-M futures, without the hundred other exchanges that come with an import of ccxt.

Those take six seconds of a processor each time. The package's parts that the client needs are put in place by hand: a
later version that needs more fails at once, by name.
"""

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


@cache
def binanceusdm() -> Any:
    """The class that speaks REST and WebSocket (ccxt.pro's)."""
    found = find_spec("ccxt")
    assert found is not None
    assert found.submodule_search_locations is not None
    roots = list(found.submodule_search_locations)
    package, rest = _bare("ccxt", roots), _bare("ccxt.async_support", [f"{root}/async_support" for root in roots])
    _bare("ccxt.pro", [f"{root}/pro" for root in roots])
    package.async_support = rest  # type: ignore[attr-defined]
    errors = import_module("ccxt.base.errors")
    for name in (name for name in vars(errors) if not name.startswith("_")):
        setattr(package, name, getattr(errors, name))
    package.Exchange = import_module("ccxt.base.exchange").Exchange  # type: ignore[attr-defined]
    for name in ("binance", "binanceusdm"):
        setattr(rest, name, getattr(import_module(f"ccxt.async_support.{name}"), name))
    return import_module("ccxt.pro.binanceusdm").binanceusdm


def error(name: str) -> type[Exception]:
    """One of its errors."""
    found: type[Exception] = getattr(import_module("ccxt.base.errors"), name)
    return found


def _bare(name: str, path: list[str]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = path
    sys.modules[name] = module
    return module
