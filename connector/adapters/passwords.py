"""Passwords: argon2id, and what makes one too weak. How long a check takes tells nobody whether there is an account."""

from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_LETTERS: Final = 12
# More is no more secret, and somebody could keep us busy with it.
MOST_LETTERS: Final = 256
# Each takes 64 MiB for a moment.
_AT_ONCE: Final = BoundedSemaphore(2)
_hasher: Final = PasswordHasher()


class WeakPassword(Exception):
    """The password is not taken; `reason` is `short`, `long` or `name`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def hash_password(password: str, name: str) -> str:
    """The hash to keep. Length is all that is asked for, and that it is not the account's name. Raises WeakPassword."""
    if len(password) < LEAST_LETTERS:
        raise WeakPassword("short")
    if len(password) > MOST_LETTERS:
        raise WeakPassword("long")
    letters = password.strip().lower()
    if letters.replace(name.lower(), "").strip("0123456789.-_ ") == "":
        raise WeakPassword("name")
    with _AT_ONCE:
        return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether it is this password; without a hash the answer is no, and takes as long."""
    with _AT_ONCE:
        try:
            _hasher.verify(password_hash or _nobodys(), password[:MOST_LETTERS])
        except (Argon2Error, InvalidHashError):
            return False
    return password_hash is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's password")
