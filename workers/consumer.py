"""Celery's consumer, which outlives a connection that breaks while tasks are under way."""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery.worker.consumer import Consumer

log = structlog.stdlib.get_logger(__name__)


class LastingConsumer(Consumer):
    """kombu 5.7 closes a broken connection twice when hints are not acknowledged yet, and fails the second time with
    an error that ends the worker; so does an acknowledgement to a connection that is no more. Neither is missed: a
    hint that comes again finds nothing, one that is lost the beat gives again.
    """

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        try:
            super().on_connection_error_after_connected(exc)
        except Exception as error:
            log.warning("worker.connection_not_closed", reason_code=type(error).__name__)
        self.connection = None

    def call_soon_ack(self, p: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return super().call_soon_ack(partial(_attempted, p), *args, **kwargs)


def _attempted(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return call(*args, **kwargs)
    except AttributeError as error:
        log.warning("worker.connection_gone", reason_code=type(error).__name__)
        return None
