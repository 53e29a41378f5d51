"""The identity provider: OpenID Connect, authorization code with PKCE. It says who somebody is, we say what they may.

Nothing is believed but an ID token that the provider's own keys have signed, for us, now, and for this very journey.
"""

import hmac
import json
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connector.adapters.sessions import Journey

# Signatures with a key pair only: with HS256 whoever knows our secret, or takes a public key for one, could sign.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
SCOPE: Final = "openid profile email"
LEEWAY_SECONDS: Final = 60
_KEPT_SECONDS: Final = 3600.0
_LARGEST: Final = 1 << 20


class NotIdentified(Exception):
    """The provider did not tell who it is, or nothing that can be believed. `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderAway(Exception):
    """The provider cannot be reached, or answers what is no OpenID Connect."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are at the provider, and which claim names the person."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str


class IdentityProvider:
    """One provider. Its addresses and keys are read when they are first needed, and kept for an hour."""

    def __init__(self, credentials: Credentials, *, timeout: timedelta) -> None:
        self._ours = credentials
        self._timeout = timeout.total_seconds()
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def way_out(self, journey: Journey, redirect_uri: str) -> str:
        """Where to send the browser. Raises ProviderAway."""
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._known()["authorization_endpoint"],
                state=journey.state,
                nonce=journey.nonce,
                code_verifier=journey.verifier,
            )
        return str(url)

    def who(self, journey: Journey, redirect_uri: str, answer: dict[str, str]) -> str:
        """Who came back: the claim's value, from what the provider put into the address. Raises NotIdentified,
        ProviderAway."""
        if not hmac.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
            raise NotIdentified("state")
        if answer.get("iss", self._ours.issuer) != self._ours.issuer:
            raise NotIdentified("issuer")
        if "code" not in answer:
            raise NotIdentified("refused")
        claims = self._believed(self._token(journey, redirect_uri, answer["code"]))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), journey.nonce.encode()):
            raise NotIdentified("nonce")
        return self._name(claims)

    def _token(self, journey: Journey, redirect_uri: str, code: str) -> str:
        endpoint = self._known()["token_endpoint"]
        try:
            with self._session(redirect_uri) as session:
                given = session.fetch_token(endpoint, code=code, code_verifier=journey.verifier)
        except AuthlibBaseError:
            raise NotIdentified("code") from None
        except (requests.RequestException, ValueError) as error:
            raise ProviderAway(type(error).__name__) from None
        token = given.get("id_token")
        if not isinstance(token, str):
            raise NotIdentified("no-token")
        return token

    def _believed(self, token: str) -> dict[str, Any]:
        """The claims of a token that is the provider's, for us and in force."""
        try:
            found = self._decoded(token, fresh=False)
        except (JoseError, ValueError):
            # Keys are changed now and then; one look at the new ones is worth it.
            try:
                found = self._decoded(token, fresh=True)
            except (JoseError, ValueError):
                raise NotIdentified("signature") from None
        rules = jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._ours.issuer},
            aud={"essential": True, "value": self._ours.client_id},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            rules.validate(found)
        except (JoseError, ValueError, TypeError):
            raise NotIdentified("claims") from None
        others = isinstance(found["aud"], list) and len(found["aud"]) > 1
        if found.get("azp", None if others else self._ours.client_id) != self._ours.client_id:
            raise NotIdentified("party")
        return found

    def _decoded(self, token: str, *, fresh: bool) -> dict[str, Any]:
        return dict(jwt.decode(token, self._key_set(fresh=fresh), algorithms=list(ALGORITHMS)).claims)

    def _name(self, claims: dict[str, Any]) -> str:
        name = claims.get(self._ours.claim)
        if not isinstance(name, str) or not name.strip():
            raise NotIdentified("claim")
        if self._ours.claim == "email" and claims.get("email_verified") is not True:
            raise NotIdentified("email")
        return name.strip()

    def _session(self, redirect_uri: str) -> Any:
        session = OAuth2Session(
            self._ours.client_id,
            self._ours.client_secret,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=self._timeout,
        )
        # A token endpoint that sends us elsewhere would be handed our secret there.
        session.max_redirects = 0
        return session

    def _known(self) -> dict[str, Any]:
        """The provider's addresses."""
        with self._lock:
            if self._metadata is None or self._metadata[0] < time.monotonic():
                found = self._fetched(f"{self._ours.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self._ours.issuer:
                    raise ProviderAway("another issuer")
                secure = self._ours.issuer.startswith("https://")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not str(found.get(name, "")).startswith("https://" if secure else "http"):
                        raise ProviderAway(name)
                self._metadata = (time.monotonic() + _KEPT_SECONDS, found)
            return self._metadata[1]

    def _key_set(self, *, fresh: bool) -> KeySet:
        known = self._known()
        with self._lock:
            if fresh or self._keys is None or self._keys[0] < time.monotonic():
                document: Any = self._fetched(known["jwks_uri"])
                self._keys = (time.monotonic() + _KEPT_SECONDS, KeySet.import_key_set(document))
            return self._keys[1]

    def _fetched(self, url: str) -> dict[str, Any]:
        try:
            with requests.get(url, timeout=self._timeout, allow_redirects=False, stream=True) as answer:
                content = answer.raw.read(_LARGEST, decode_content=True)
            document = json.loads(content)
        except (requests.RequestException, OSError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from None
        if answer.status_code != 200 or not isinstance(document, dict):
            raise ProviderAway(f"HTTP {answer.status_code}")
        return document
