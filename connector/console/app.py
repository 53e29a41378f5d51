"""The console as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio.to_thread
from fastapi import Depends, FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from connector.adapters.identity import Credentials, IdentityProvider
from connector.console import answers, statics
from connector.console.access import only_our_forms
from connector.console.headers import Address, Doorkeeper
from connector.console.routes import (
    acts,
    areas,
    causes,
    dossiers,
    health,
    jobs,
    language,
    login,
    messages,
    own,
    people,
    provider,
    today,
    trail,
)
from connector.settings import Settings
from connector.wiring import Connector

LARGEST_BODY: Final = 256 * 1024
# No more than the engine has connections: a request that waits for one holds its thread.
THREADS: Final = 8
ROUTERS: Final = (
    statics.router,
    health.router,
    language.router,
    login.router,
    provider.router,
    own.router,
    people.router,
    today.router,
    trail.router,
    messages.router,
    acts.router,
    areas.router,
    causes.router,
    jobs.router,
    dossiers.router,
)


def make_app(connector: Connector) -> FastAPI:
    """All pages over this connector. Nothing is connected before the first request."""
    app = FastAPI(
        title="lienthong",
        openapi_url=None,
        dependencies=[Depends(only_our_forms)],
        lifespan=_few_threads,
        redirect_slashes=False,
    )
    app.state.connector = connector
    app.state.address = Address(connector.settings.console_url)
    app.state.provider = identity_provider(connector.settings)
    for router in ROUTERS:
        app.include_router(router)
    answers.install(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY)
    app.add_middleware(Doorkeeper, address=app.state.address)
    return app


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """The one that the settings name."""
    issuer, client, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client is None or secret is None:
        return None
    ours = Credentials(issuer, client, secret.get_secret_value(), settings.oidc_claim)
    return IdentityProvider(ours, timeout=settings.http_timeout)


@asynccontextmanager
async def _few_threads(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
