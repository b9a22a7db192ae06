"""The files of the signing key: the private one that only its owner may read, the public one to be handed out.

Each run signs with a key of its own. The order of a change makes it whole wherever a crash falls: the new key is
durable under another name, then the row that introduces it, then it takes the old one's place. Between the last two
the log names the key of `journal.key.new`, and the next start takes it.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tui_trader.journal.head import sync_folder
from tui_trader.journal.signing import SigningKey

_LONGEST = 4096
"""Bytes. A key in PEM has 120."""


class KeyUnusable(Exception):
    """A key file is missing, no key, not this log's key, or open to others; the sentence says which, and what to do."""


class KeyFiles:
    """`journal.key` and `journal.pub`, beside the journal."""

    def __init__(self, journal: Path) -> None:
        """`journal` is the log that the key signs."""
        self.private = journal.with_suffix(".key")
        self.fresh = self.private.with_name(self.private.name + ".new")
        self.public = journal.with_suffix(".pub")

    def matching(self, public: bytes) -> SigningKey:
        """The private key of this public one. Raises KeyUnusable, OSError."""
        for path in (self.private, self.fresh):
            key = _private(path)
            if key is not None and key.public == public:
                if path == self.fresh:
                    self.adopt()
                return key
        what = "is missing" if not self.private.exists() else "is not the one that this log is signed with"
        raise KeyUnusable(
            f"{self.private}: the signing key {what}. Restore it from a copy, or start in another home (--home)."
        )

    def propose(self, key: SigningKey) -> None:
        """Make a new key durable beside the one in force. Raises OSError."""
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(self.fresh, pem)

    def adopt(self) -> None:
        """The proposed key takes the old one's place, once its row is durable. Raises OSError."""
        self.fresh.replace(self.private)
        sync_folder(self.private.parent)

    def publish(self, first: bytes) -> None:
        """Write the log's first public key where there is no such file yet. Raises OSError."""
        if not self.public.exists():
            pem = Ed25519PublicKey.from_public_bytes(first).public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
            _write(self.public, pem)


def public_key(path: Path) -> bytes:
    """The 32 bytes of the Ed25519 public key in a PEM file. Raises KeyUnusable."""
    try:
        key = load_pem_public_key(_content(path))
    except OSError as error:
        raise KeyUnusable(f"{path}: the public key cannot be read ({error.strerror}).") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path}: this is no Ed25519 public key in PEM. It is the file journal.pub of the home.")
    return key.public_bytes_raw()


def _private(path: Path) -> SigningKey | None:
    """The key of a file; None where there is none. Raises KeyUnusable, OSError."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise KeyUnusable(
            f"{path}: a signing key must be a file of this user's that nobody else may read. If nobody has read it: "
            f"chmod 600 {path}"
        )
    try:
        key = load_pem_private_key(_content(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None  # a power cut can leave a half: it never signed anything, or it is told as missing
    return SigningKey(key) if isinstance(key, Ed25519PrivateKey) else None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)


def _write(path: Path, content: bytes) -> None:
    """Make a file that only its owner may read, durable when this returns; it is there as a whole or not at all."""
    draft = path.with_name(path.name + ".tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)
