"""One pipeline for all lines, and nothing about a citizen in any of them."""

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
import structlog

from connector import logs

NAME = "Nguyễn Thị Bích Đào"


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    written = io.StringIO()
    logs.configure(written, json=True)
    return written


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def raise_about_a_citizen() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as error:
        raise ValueError(f"no such person: {NAME}") from error


def test_a_line_says_when_how_bad_what_and_where(stream: io.StringIO) -> None:
    logs.get_logger("connector.delivery").warning("delivery.postponed", route="application", attempts=3)

    [line] = lines(stream)
    assert list(line)[:4] == ["timestamp", "level", "event", "logger"]
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is UTC
    assert line == {
        "level": "warning",
        "event": "delivery.postponed",
        "logger": "connector.delivery",
        "route": "application",
        "attempts": 3,
    }


def test_a_logger_without_a_name_takes_its_module_s(stream: io.StringIO) -> None:
    logs.get_logger().info("step.happened")
    assert lines(stream)[0]["logger"] == __name__


def test_a_key_that_nobody_vouched_for_loses_its_value(stream: io.StringIO) -> None:
    logs.get_logger().info("intake.taken", full_name=NAME, message_id="m1")

    [line] = lines(stream)
    assert line["full_name"] == "…"
    assert line["message_id"] == "m1"


def test_bound_context_passes_the_same_list(stream: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(task="deliver", mother=NAME)
    logs.get_logger().bind(father=NAME).info("step.happened")

    [line] = lines(stream)
    assert (line["task"], line["mother"], line["father"]) == ("deliver", "…", "…")


def test_known_keys_take_plain_values_only(stream: io.StringIO) -> None:
    class State(StrEnum):
        READY = "ready"

    logs.get_logger().info(
        "step.happened",
        message_id=UUID(int=1),
        state=State.READY,
        due_at=datetime(2025, 7, 1, tzinfo=UTC),
        wait_seconds=timedelta(minutes=1),
        codes=["A", ValueError(NAME)],
        counts={"ready": 3, "odd": NAME},
        by=ValueError(NAME),
        code="x" * 500,
    )

    [line] = lines(stream)
    assert line["message_id"] == "00000000-0000-0000-0000-000000000001"
    assert line["state"] == "ready"
    assert line["due_at"] == "2025-07-01T00:00:00+00:00"
    assert line["wait_seconds"] == 60
    assert line["codes"] == ["A", "…"]
    assert line["counts"] == {"ready": 3, "odd": "…"}
    assert line["by"] == "…"
    assert line["code"] == "x" * 200 + "…"


def test_an_exception_keeps_its_kind_and_places_and_loses_its_text(stream: io.StringIO) -> None:
    try:
        raise_about_a_citizen()
    except ValueError:
        logs.get_logger().exception("step.failed", code="X")

    [line] = lines(stream)
    trace = line["exception"]
    assert trace["type"] == "builtins.ValueError"
    assert re.fullmatch(r"tests/unit/test_logs\.py:\d+:raise_about_a_citizen", trace["frames"][-1])
    assert trace["cause"]["type"] == "builtins.KeyError"
    assert "Nguy" not in stream.getvalue()


def test_the_members_of_a_group_are_told_likewise(stream: io.StringIO) -> None:
    logs.get_logger().error("step.failed", exc_info=ExceptionGroup(NAME, [ValueError(NAME), OSError(NAME)]))

    [line] = lines(stream)
    assert [member["type"] for member in line["exception"]["members"]] == ["builtins.ValueError", "builtins.OSError"]
    assert "Nguy" not in stream.getvalue()


def test_a_ready_made_exception_text_does_not_pass(stream: io.StringIO) -> None:
    logs.get_logger().error("step.failed", exception=f"Traceback … {NAME}", stack=NAME)
    assert "Nguy" not in stream.getvalue()


@pytest.mark.parametrize("event", [f"took {NAME}", "Took it", "taken", "intake.", f"intake.{NAME}", ""])
def test_a_sentence_in_place_of_an_event_name_is_hidden(stream: io.StringIO, event: str) -> None:
    logs.get_logger().info(event)
    assert lines(stream)[0]["event"] == "log.badly_named"


@pytest.mark.parametrize(
    ("template", "arguments", "said"),
    [
        ("Task %(name)s took %(seconds)0.2fs", ({"name": NAME, "seconds": 1.234},), "Task … took 1.23s"),
        ("%s: try %d of %5s, %d%%", (NAME, 2, 7, 50), "…: try 2 of     7, 50%"),
        ("100% sure", (), "100% sure"),
        ("%d and %d", (1,), "1 and …"),
        ("%d", (NAME,), "…"),
        ("%c", (-1,), "%c"),
        (f"could not do it\n{NAME}", (), "could not do it"),
    ],
)
def test_a_library_s_line_keeps_its_template_and_numbers(
    stream: io.StringIO, template: str, arguments: tuple[object, ...], said: str
) -> None:
    # Handed to our handler alone: pytest's own would stumble over the broken templates.
    [ours] = [handler for handler in logging.getLogger().handlers if getattr(handler, "stream", None) is stream]
    ours.handle(logging.LogRecord("some.library", logging.WARNING, __file__, 1, template, arguments, None))

    [line] = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == (said, "some.library", "warning")


def test_what_a_library_adds_beside_its_line_is_dropped(stream: io.StringIO) -> None:
    library = logging.getLogger("some.library")
    try:
        raise_about_a_citizen()
    except ValueError as error:
        library.error(error)
        library.exception("boom", extra={"person": NAME}, stack_info=True)

    told = lines(stream)
    assert told[0]["event"] == "ValueError …"
    assert told[1]["exception"]["type"] == "builtins.ValueError"
    assert "Nguy" not in stream.getvalue()


def test_a_library_s_own_handler_is_removed(stream: io.StringIO) -> None:
    library, own = logging.getLogger("another.library"), io.StringIO()
    library.addHandler(logging.StreamHandler(own))
    library.propagate = False

    logs.configure(stream, json=True)
    library.warning("hello %s", NAME)

    assert own.getvalue() == ""
    assert [line["event"] for line in lines(stream)] == ["hello …"]


def test_a_line_that_cannot_be_written_is_told_without_its_content(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    class Sour(str):
        def strip(self, *_: object) -> str:
            raise RuntimeError(NAME)

    logging.getLogger("some.library").warning(Sour("x"))

    assert stream.getvalue() == "log line lost: RuntimeError at some.library\n"
    assert capsys.readouterr().err == ""


def test_a_person_at_a_terminal_reads_text(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    logs.configure(stream, json=False)
    try:
        raise_about_a_citizen()
    except ValueError:
        logs.get_logger().exception("step.failed", route="result", full_name=NAME)

    text = stream.getvalue()
    assert "step.failed" in text
    assert "route=result" in text
    assert "full_name=…" in text
    assert "raise_about_a_citizen\nbuiltins.KeyError\nwhich led to\n" in text
    assert "Nguy" not in text


def test_a_crash_of_the_process_goes_through_the_pipeline(stream: io.StringIO) -> None:
    error = ValueError(NAME)
    sys.excepthook(ValueError, error, None)

    [line] = lines(stream)
    assert (line["event"], line["level"]) == ("process.crashed", "critical")
    assert line["exception"] == {"type": "builtins.ValueError", "frames": []}


def test_a_crash_of_a_thread_goes_through_the_pipeline(stream: io.StringIO) -> None:
    thread = threading.Thread(target=raise_about_a_citizen)
    thread.start()
    thread.join()

    [line] = lines(stream)
    assert line["event"] == "thread.crashed"
    assert "Nguy" not in stream.getvalue()


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    logs.configure(stream, json=True, level=logging.WARNING)

    logs.get_logger().info("step.happened")
    logging.getLogger("some.library").info("hello")
    logging.getLogger("celery.app.trace").info("task %s succeeded", "x")

    assert stream.getvalue() == ""


def test_the_last_configuration_holds(stream: io.StringIO) -> None:
    logger = logs.get_logger()
    logger.info("step.one")
    second = io.StringIO()
    logs.configure(second, json=True)
    logger.info("step.two")

    assert [line["event"] for line in lines(stream)] == ["step.one"]
    assert [line["event"] for line in lines(second)] == ["step.two"]
