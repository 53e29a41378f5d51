"""A disk of its own for PostgreSQL, small enough to be filled to its last byte, and freed again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_BALLAST: Final = "ballast"
_BLOCK: Final = 4096


class SmallDisk:
    """`is_there` is false where this user may not mount; then nothing can be filled."""

    def __init__(self, place: Path, *, is_there: bool) -> None:
        self._ballast = place / _BALLAST
        self.is_there = is_there

    def fill(self) -> None:
        """Every byte that is left. What is written after this fails with ENOSPC, for any user."""
        free = os.statvfs(self._ballast.parent)
        with self._ballast.open("wb") as file:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - _BLOCK)
            file.seek(0, os.SEEK_END)
            with suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(_BLOCK))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of so many megabytes at `place`, on a sparse file beside it, for the duration of the block."""
    image = place.with_name(f"{place.name}.img")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    is_there = _done("mkfs.ext4", "-q", "-F", "-m", "0", str(image)) and _done("mount", "-o", "loop", image, place)
    if is_there:
        place.chmod(0o700)
    else:
        image.unlink()
    try:
        yield SmallDisk(place, is_there=is_there)
    finally:
        if is_there:
            _done("umount", "--lazy", place)


def _done(*words: str | Path) -> bool:
    with suppress(OSError):
        return subprocess.run([str(word) for word in words], capture_output=True, check=False).returncode == 0
    return False
