"""Whether Celery's broker is there. Its URL is read here as Celery reads it; nothing is sent but a PING."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.retry import Retry

_PATIENCE = 3.0


class BrokerAway(Exception):
    """Nothing answers under the broker's URL. The text names the kind of fault and no part of the URL."""


def ping(url: str) -> str:
    """Asks the broker, or all Sentinels that the URL names, for a sign of life; returns what answered, for people.

    Raises BrokerAway.
    """
    if url.startswith("sentinel://"):
        return _ping_sentinels(url.split(";"))
    try:
        with _client(url) as client:
            client.ping()
    except (RedisError, OSError, ValueError) as error:
        raise BrokerAway(type(error).__name__) from None
    return "PONG"


def _client(url: str) -> Redis:
    if not url.startswith("redis+socket://"):
        return Redis.from_url(url, **_once())
    parsed = urlsplit(url)
    database = parse_qs(parsed.query).get("virtual_host", ["0"])[0].strip("/")
    return Redis(
        unix_socket_path=unquote(parsed.path),
        db=int(database or 0),
        username=unquote(parsed.username) if parsed.username else None,
        password=unquote(parsed.password) if parsed.password else None,
        **_once(),
    )


def _once() -> dict[str, Any]:
    """One question, one wait: left to itself the client would ask ten times."""
    retry = Retry(NoBackoff(), 0)
    return {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": retry}


def _ping_sentinels(urls: list[str]) -> str:
    """One of them is enough. The URL's password is the data server's: a Sentinel that asks for its own is there too."""
    there, last = 0, ""
    for url in urls:
        parsed = urlsplit(url)
        try:
            with Redis(host=parsed.hostname or "localhost", port=parsed.port or 26379, **_once()) as sentinel:
                sentinel.ping()
            there += 1
        except (AuthenticationError, ResponseError):
            there += 1
        except (RedisError, OSError, ValueError) as error:
            last = type(error).__name__
    if not there:
        raise BrokerAway(last)
    return f"{there}/{len(urls)} Sentinel"
