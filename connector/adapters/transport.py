"""One way to a partner: kept-alive connections, a token per process, time-outs, a size limit, and one family of errors.

Two clocks retry, and only they: here, within seconds, what provably never reached the partner (a connection that
could not be made) and reads that change nothing; the ledger's schedule does the rest. A delivery is one call, so that
one attempt counted is one call made.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import requests
from requests.utils import requote_uri
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from urllib3.exceptions import HTTPError, NewConnectionError

from connector.adapters.wire import HEADERS, EachTime, Wire, prepared
from connector.domain.errors import DeliveryError, Garbled, Throttled, Unauthorised, Unreachable

BODY_LIMIT: Final = 64 * 1024 * 1024
# A gateway with one token per client revokes ours whenever another process fetches its own; more than this in a row is
# no coincidence any more.
TOKENS_FOR_A_CALL: Final = 6
KEPT_OF_LARGE: Final = 64 * 1024
_TOKEN_MARGIN: Final = 5.0
_TOKEN_TEXT: Final = re.compile("[!-~]{1,16000}")
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. When `cut` is true the body was over the limit, and only its beginning and end are here."""

    http_status: int
    body: bytes = field(repr=False)
    cut: bool = False
    asked: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(slots=True, eq=False)
class _Token:
    text: str = field(repr=False)
    ends_at: float
    worked: bool = False


class Transport:
    """Calls to one partner from one process. Threads may share it; processes may not (make it after a fork)."""

    def __init__(
        self,
        partner: str,
        base_url: str,
        token_path: str,
        credentials: Credentials,
        *,
        timeout: timedelta,
        connections: int,
        now: Callable[[], datetime],
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self.partner = partner
        self._base_url = requote_uri(base_url.rstrip("/"))
        self._token_path = token_path
        self._credentials = credentials
        self._timeout = EachTime(timeout.total_seconds())
        self._patience = 2 * timeout.total_seconds()
        self._now = now
        self._body_limit = body_limit
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._wire = Wire(connections, self._patience)

    def read(self, method: str, path: str, **call: Any) -> Answer:
        """A call that changes nothing, so it may be repeated at once. Takes, returns and raises like `send`."""
        return _tried(lambda: self.send(method, path, **call))

    def send(
        self,
        method: str,
        path: str,
        *,
        json_body: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        limit: int | None = None,
    ) -> Answer:
        """One call with our token; on 401 it is made again with a fresh one. Of an answer above `limit` bytes (else the
        transport's own) only the beginning and the end are kept.

        Returns any answer that the service itself may have given (2xx, 400, 404, 409, 410, 413, 422, 503 …).
        Raises Unreachable, Throttled, Unauthorised.
        """
        try:
            return self._sent(method, path, json_body, params, limit or self._body_limit)
        except DeliveryError as error:
            error.partner = self.partner
            raise

    def _sent(
        self, method: str, path: str, body: bytes | None, params: Mapping[str, str | int] | None, limit: int
    ) -> Answer:
        request = prepared(method, self._base_url + path, body, params)
        fresh_refused = 0
        for _ in range(TOKENS_FOR_A_CALL):
            token = self._valid_token()
            request.headers["Authorization"] = f"Bearer {token.text}"
            answer = self._exchange(request, limit)
            if answer.http_status != 401:
                token.worked = token.worked or answer.http_status != 403
                break
            self._forget(token)
            # One that has worked was revoked; gateways with one token per client do so whenever another process fetches
            # its own. Only fresh ones that never worked say that we are not accepted.
            fresh_refused += not token.worked
            if fresh_refused > 1:
                break
        if answer.http_status in (401, 403):
            self._forget(token)  # whoever tries the door next does it with a fresh one
            raise Unauthorised(
                f"HTTP_{answer.http_status}", "the partner does not accept us", http_status=answer.http_status
            )
        if answer.http_status == 429:
            raise Throttled("HTTP_429", "the partner asks for patience", http_status=429, asked=answer.asked)
        return answer

    def close(self) -> None:
        self._wire.close()

    def distrust(self) -> None:
        """The service itself does not accept us: the next call goes with a fresh token."""
        self._forget(self._token)

    def check_access(self) -> None:
        """Fetches a fresh token: whether the partner is there and knows us. Raises like `send`."""
        self._forget(self._token)
        self._valid_token()

    def _valid_token(self) -> "_Token":
        """The process's token; the first thread that needs a new one fetches it, the others wait for that."""
        with self._lock:
            if self._token is None or time.monotonic() >= self._token.ends_at:
                try:
                    self._token = self._fetch_token()
                except Unreachable as error:
                    error.maybe_done = False  # the call that needed the token was not made
                    raise
            return self._token

    def _forget(self, token: "_Token | None") -> None:
        with self._lock:
            if self._token is token:  # another thread may have a fresh one already
                self._token = None

    def _fetch_token(self) -> "_Token":
        request = requests.Request(
            "POST",
            self._base_url + self._token_path,
            headers=HEADERS,
            data={"grant_type": "client_credentials"},
            auth=(self._credentials.client_id.encode(), self._credentials.client_secret.encode()),
        ).prepare()
        answer = _tried(lambda: self._exchange(request, self._body_limit))
        if answer.http_status in (400, 401, 403):
            raise Unauthorised(
                "TOKEN_REFUSED", "the partner does not know our credentials", http_status=answer.http_status
            )
        if answer.http_status == 429:
            raise Throttled("HTTP_429", "the partner asks for patience", http_status=429, asked=answer.asked)
        if answer.http_status != 200:
            raise unreachable_status(answer)
        try:
            token = json.loads(answer.body)
            lifetime = float(token.get("expires_in", 60))
            text = token["access_token"]
            if not _TOKEN_TEXT.fullmatch(text):  # it has to fit into a header
                raise ValueError
            return _Token(text, time.monotonic() + max(lifetime - _TOKEN_MARGIN, lifetime / 2))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise Garbled("TOKEN_GARBLED", "the token service did not answer with a token", http_status=200) from None

    def _exchange(self, request: requests.PreparedRequest, limit: int) -> Answer:
        """Exactly one request on the wire, unless its connection could not be made. No redirection is followed."""
        deadline = time.monotonic() + self._patience
        try:
            with self._called(request) as response:
                return self._received(response, deadline, limit)
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable("CONNECT_TIMEOUT", "no connection within the time-out") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            if time.monotonic() >= deadline:
                raise _too_slow() from error
            raise _lost(error) from error

    def _called(self, request: requests.PreparedRequest) -> requests.Response:
        try:
            return self._wire.send(request, stream=True, timeout=cast(Any, self._timeout))
        except requests.ConnectionError as error:
            if not _never_left(error):
                raise
        return _CONNECTING_AGAIN(self._wire.send, request, stream=True, timeout=self._timeout)

    def _received(self, response: requests.Response, deadline: float, limit: int) -> Answer:
        asked = _patience(response.headers.get("retry-after"), self._now())
        chunks: list[bytes] = []
        size = 0
        tail = b""
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            if time.monotonic() > deadline:
                raise _too_slow()
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            else:  # refused by its size: read on for its end alone, which holds what a feed needs to go on
                tail = (tail + chunk)[-KEPT_OF_LARGE:]
        whole = b"".join(chunks)
        if size > limit:
            return Answer(response.status_code, whole[:KEPT_OF_LARGE] + tail, cut=True, asked=asked)
        return Answer(response.status_code, whole, asked=asked)


def _tried(call: Callable[[], Answer]) -> Answer:
    return _READING.copy()(call)


def unreachable_status(answer: Answer) -> DeliveryError:
    """The error of an answer that no service gave: a gateway's 5xx, or a status nobody agreed on."""
    return Unreachable(
        f"HTTP_{answer.http_status}",
        "the partner is away",
        http_status=answer.http_status,
        asked=answer.asked,
        maybe_done=answer.http_status >= 500 or answer.http_status // 100 == 2,
    )


def _never_left(error: BaseException) -> bool:
    """Whether the connection could not be made at all, so that nothing can have taken effect."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False  # it took the whole time-out already
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectionError) and isinstance(reason, NewConnectionError)


# After a first try that is made without it: what nobody needs costs each call 20 microseconds.
_CONNECTING_AGAIN: Final = Retrying(
    before=lambda _: time.sleep(random.uniform(0.02, 0.3)),
    retry=retry_if_exception(_never_left),
    stop=stop_after_attempt(2),
    reraise=True,
)
_READING: Final = Retrying(
    retry=retry_if_exception(lambda error: isinstance(error, Unreachable)),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(0.1, max=1.0),
    reraise=True,
)


def _too_slow() -> Unreachable:
    return Unreachable("TOO_SLOW", "the answer did not end in time", maybe_done=True)


def _lost(error: Exception) -> Unreachable:
    if isinstance(error, requests.ReadTimeout):
        return Unreachable("READ_TIMEOUT", "no answer within the time-out", maybe_done=True)
    if _never_left(error):
        return Unreachable("NO_CONNECTION", "no connection could be made")
    return Unreachable("CONNECTION_LOST", "the connection broke before the answer was complete", maybe_done=True)


def _patience(header: str | None, now: datetime) -> timedelta | None:
    """Retry-After: seconds, or an HTTP date. None when it is absent or says nothing."""
    if not header:
        return None
    try:
        if header.strip().isdigit():
            return timedelta(seconds=min(int(header), 86_400))
        until = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))
