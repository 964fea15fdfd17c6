"""Every refusal is JSON with one sentence."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clmil.errors import ClmilError
from clmil.serving.batcher import BusyError
from clmil.serving.schemas import Problem

SENTENCES = {
    400: "the body is no JSON that can be read; send UTF-8 with fewer levels or shorter numbers.",
    404: "there is nothing here; /openapi.json lists what is.",
    405: "this path does not take this method; /openapi.json lists which it takes.",
    415: "the body must be JSON; send the header Content-Type: application/json.",
}

STOPPING = "the server is stopping; ask another, or this one when it is back."


class RefusedError(Exception):
    """A request that cannot be met: the HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer that says what is wrong."""
    printable = sentence.encode("utf-8", "backslashreplace").decode("utf-8")
    return JSONResponse({"error": printable}, status, headers)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the refusals of a route as FastAPI documents them."""
    return {status: {"model": Problem} for status in statuses}


def add_handlers(app: FastAPI) -> None:
    """Turn every refusal of our own, of FastAPI and of the model into a problem."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(ClmilError, _unusable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return problem(error.status, error.sentence)


def _busy(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BusyError)
    return problem(503, error.reason, {"Retry-After": str(error.wait)})


def _unusable(_: Request, error: Exception) -> JSONResponse:
    return problem(422, str(error))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Tell the first thing that does not fit; the input itself is not sent back."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "json_invalid":
        reason = first["ctx"]["error"]
        return problem(422, f"the body is no JSON (character {where}: {reason}); mend it there.")
    place = where[:200] or "the body"
    what = first["msg"][:1].lower() + first["msg"][1:]
    return problem(422, f"{place}: {what}; /openapi.json shows the form with an example.")


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentence = SENTENCES.get(error.status_code, str(error.detail))
    return problem(error.status_code, sentence, dict(error.headers or {}))
