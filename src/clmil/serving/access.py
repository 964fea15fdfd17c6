"""Who may ask, how much a request may bring and how long it may take; headers for browsers."""

import asyncio
import hmac
from collections.abc import Callable
from time import perf_counter

from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clmil.serving.problems import STOPPING, problem
from clmil.serving.settings import Limits

PROTECTED = ("/predict", "/explain", "/model", "/metrics")
"""Paths that want the token; the page, its schema and the health of the server do not."""

HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]

Report = Callable[[str, int, float], None]
"""Takes path, status and the `perf_counter` time at which a request came."""


class Access:
    """Stands before the app: the token, the size of the body, its time, and the figures.

    Args:
        app: what answers a request that may pass.
        token: None lets everybody pass.
        limits: of body and time.
        report: is told of every answer.
    """

    def __init__(self, app: ASGIApp, token: str | None, limits: Limits, report: Report) -> None:
        self._app, self._limits, self._report = app, limits, report
        self._token = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on with its whole body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        status = None

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            await self._checked(scope, receive, told)
        except asyncio.CancelledError:  # by a stopping server that waits no longer
            if status is None:
                await problem(503, STOPPING, {"Retry-After": "5"})(scope, receive, told)
        finally:
            self._report(_path(scope), status or 500, started)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._known(scope):
            refusal = problem(
                401,
                "this server wants a token; send the header Authorization: Bearer TOKEN.",
                {"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._body(scope, receive)
        except TimeoutError:
            late = (
                f"the request took over {self._limits.body_seconds:g} s to arrive; send it again."
            )
            await problem(408, late, {"Connection": "close"})(scope, receive, send)
            return
        if body is None:
            large = f"the body has over {self._limits.body} bytes; send fewer texts at once."
            await problem(413, large, {"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _known(self, scope: Scope) -> bool:
        if self._token is None or not scope["path"].startswith(PROTECTED):
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._token)

    async def _body(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """Return the messages that bring the body; None if it is too large."""
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limits.body:
            return None
        messages, size = [], 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._limits.body:
                return None
            if not message.get("more_body", False):
                return messages


def _path(scope: Scope) -> str:
    """Return the path of the route that a request is for; what is refused here never gets there."""
    fitting = (route for route in scope["app"].routes if route.matches(scope)[0] != Match.NONE)
    return getattr(next(fitting, None), "path", "other")


def _replay(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives the messages that were read, then what follows them."""
    waiting = iter(messages)

    async def again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return again
