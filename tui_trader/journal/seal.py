"""The key under which the files of a home are encrypted, and single lines of text under it.

The key is 256 random bits, never a pass phrase: there is nothing to guess and nothing to stretch, so a file opens as
fast as a plain one. What each kind of file is encrypted with is made from it (HKDF), so no two kinds share a key.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tui_trader.core.chance import Chance
from tui_trader.journal.redact import SECRETS

KEY_BYTES = 32
_NONCE_BYTES = 12
_TEXT = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
_MARK: Final = b"sealed:"
"""How a line begins that is encrypted; no line of JSON begins so."""


class SealUnusable(Exception):
    """What is encrypted cannot be read or written; the sentence says why, and what to do. It shows no key."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A key of 32 bytes. It is shown nowhere."""

    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Seal":
        """The key that is written as 64 hexadecimal digits. Raises SealUnusable."""
        if _TEXT.fullmatch(text) is None:
            raise SealUnusable(
                "journal_key: this is no key: it must be 64 hexadecimal digits. `tui-trader keys encrypt` makes one."
            )
        seal = cls(bytes.fromhex(text))
        for made in (text, seal.of_databases):
            SECRETS.register(made)
        return seal

    @property
    def check(self) -> str:
        """What tells this key from others, and says nothing of it: 32 hexadecimal digits."""
        return self._made("check")[:16].hex()

    @property
    def of_databases(self) -> str:
        """The key of the databases, as 64 hexadecimal digits."""
        return self._made("databases").hex()

    def sealed(self, line: bytes) -> bytes:
        """The line, encrypted, as a line of text; neither has its end."""
        nonce = Chance(None).salt("nonce")[:_NONCE_BYTES]  # never from a seed: no nonce may come twice
        return _MARK + base64.b64encode(nonce + AESGCM(self._made("lines")).encrypt(nonce, line, None))

    def opened(self, line: bytes) -> bytes:
        """What `sealed` made the line of. Raises ValueError."""
        whole = base64.b64decode(line.removeprefix(_MARK), validate=True)
        try:
            return AESGCM(self._made("lines")).decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], None)
        except InvalidTag:
            raise ValueError("the line is encrypted with another key, or was changed") from None

    def _made(self, purpose: str) -> bytes:
        info = f"tui-trader {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key)


def fresh_key() -> str:
    """A new key as text."""
    return (Chance(None).salt("seal") + Chance(None).salt("seal")).hex()


def line_written(line: bytes, seal: Seal | None) -> bytes:
    """The line as it is to be written: encrypted where there is a key, and not twice."""
    return line if seal is None or line.startswith(_MARK) else seal.sealed(line)


def line_read(line: bytes, seal: Seal | None) -> bytes:
    """The line as it was meant; what is not encrypted is read as it stands. Raises ValueError."""
    if not line.startswith(_MARK):
        return line
    if seal is None:
        raise ValueError("the line is encrypted, and no journal_key is at hand")
    return seal.opened(line)
