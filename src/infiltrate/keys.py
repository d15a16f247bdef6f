"""The secret key behind pseudonyms; it lives with the user, never in the project."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from infiltrate.errors import StoreError

KEY_VARIABLE = "INFILTRATE_KEY_FILE"


def load_key() -> bytes:
    """Read the user's pseudonym key, making one on first use.

    The file is ``~/.config/infiltrate/pseudonym.key`` or where ``INFILTRATE_KEY_FILE`` points.
    Studies made with one key give the same pseudonyms; whoever has the key can link them back.

    Raises
    ------
    StoreError
        When the file cannot be read, written, or is too short to be a key.
    """
    path = _key_path()
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
    except FileExistsError:
        pass  # another process has just made it
    except OSError as error:
        raise _unusable(path, error) from error
    return read_key(path)


def read_key(path: Path) -> bytes:
    """Read a pseudonym key from a file that must be there.

    Raises
    ------
    StoreError
        When the file cannot be read or is too short to be a key.
    """
    try:
        key = path.read_text().strip().encode()
    except OSError as error:
        raise _unusable(path, error) from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: not a text file, so no pseudonym key.") from error
    if len(key) < 32:
        raise StoreError(
            f"{path}: {len(key)} characters; a pseudonym key has 32 or more. "
            "Delete the file to have a new one made, or restore the old one."
        )
    return key


def find_key() -> bytes | None:
    """Return the user's pseudonym key if there is one; none is made."""
    try:
        return read_key(_key_path())
    except StoreError:
        return None


def derive_key(key: bytes, purpose: str) -> bytes:
    """Derive an independent key for one purpose, so that tags of two reports cannot be joined."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def key_fingerprint(key: bytes) -> str:
    """Name a key without giving it away."""
    return derive_key(key, "fingerprint").hex()[:12]


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: the pseudonym key cannot be used: {error.strerror}. "
        f"Set {KEY_VARIABLE} to a file you can read and write."
    )


def _key_path() -> Path:
    return Path(
        os.environ.get(KEY_VARIABLE) or Path.home() / ".config" / "infiltrate" / "pseudonym.key"
    )
