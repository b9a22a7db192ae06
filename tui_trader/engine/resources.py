"""Where the shipped prompts and themes are: inside the installed package, or beside it in a checkout."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


class ResourceMissing(Exception):
    """The program's own files are not there: the installation is damaged."""


def shipped(kind: Literal["prompts", "themes"]) -> Path:
    """The folder of the files that come with the program.

    A wheel carries them in the package's `_data`; a checkout has them at its top level. Raises ResourceMissing.
    """
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    msg = f"the shipped {kind} are missing beside {_PACKAGE}: install tui-trader again"
    raise ResourceMissing(msg)
