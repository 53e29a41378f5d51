"""What may be said of an exception: its kind and the places it went through.

Its text may quote a citizen's data; it stays in the process.
"""

from collections.abc import Iterator
from pathlib import PurePath
from traceback import walk_tb
from typing import NotRequired, TypedDict

_DEEPEST = 5
_FRAMES = 30


class Trace(TypedDict):
    """`type` is module and name; `frames` are `file:line:function`, the place of the raise last."""

    type: str
    frames: list[str]
    cause: NotRequired["Trace"]
    members: NotRequired[list["Trace"]]


def as_record(error: BaseException, depth: int = _DEEPEST) -> Trace:
    """The kind and places of an exception, of its causes, and of the members of a group."""
    trace = Trace(type=f"{type(error).__module__}.{type(error).__qualname__}", frames=_frames(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if depth and cause is not None:
        trace["cause"] = as_record(cause, depth - 1)
    if depth and isinstance(error, BaseExceptionGroup):
        trace["members"] = [as_record(member, depth - 1) for member in error.exceptions[:_DEEPEST]]
    return trace


def as_lines(trace: Trace) -> Iterator[str]:
    """The same for a person's eyes, the cause first."""
    if "cause" in trace:
        yield from as_lines(trace["cause"])
        yield "which led to"
    yield from (f"  {frame}" for frame in trace["frames"])
    yield trace["type"]
    for member in trace.get("members", []):
        yield from (f"  | {line}" for line in as_lines(member))


def _frames(error: BaseException) -> list[str]:
    # The last parts of the path are enough to find a file, and leave out whose home it lies in.
    return [
        f"{'/'.join(PurePath(frame.f_code.co_filename).parts[-3:]).lstrip('/')}:{line}:{frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ][-_FRAMES:]
