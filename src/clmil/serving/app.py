"""The REST app: its routes, and nothing that they compute."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from clmil.serving.access import Access
from clmil.serving.facts import model_facts
from clmil.serving.page_files import page_files
from clmil.serving.problems import RefusedError, add_handlers, problem, responses
from clmil.serving.schemas import (
    ExplainRequest,
    ExplainResponse,
    Health,
    ModelFacts,
    PredictRequest,
    PredictResponse,
)
from clmil.serving.service import Service

REFUSALS = (400, 401, 408, 413, 415, 422, 503)


def build_app(service: Service, token: str | None = None) -> FastAPI:
    """Return the app of a service.

    Args:
        service: the loaded model.
        token: that requests must carry; None: none.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.batcher.start()
        yield
        await service.batcher.stop()
        service.metrics.close()

    app = FastAPI(
        title="clmil",
        summary="Labels for texts, with probabilities and the words that speak for them.",
        version=version("clmil"),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    add_handlers(app)
    app.add_middleware(Access, token=token, limits=service.limits, report=service.metrics.answered)
    _add_answers(app, service)
    _add_state(app, service)
    _add_page(app)
    return app


async def _must_be_json(request: Request) -> None:
    """Refuse a body that is not said to be JSON; a browser sends such ones unasked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)


def _add_answers(app: FastAPI, service: Service) -> None:
    facts = model_facts(service.predictor, service.limits)
    json = [Depends(_must_be_json)]

    @app.post(
        "/predict",
        dependencies=json,
        summary="Labels and probabilities of texts",
        response_model=PredictResponse,
        responses=responses(*REFUSALS),
    )
    async def predict(request: PredictRequest) -> JSONResponse:
        return JSONResponse(await service.predict(request))

    @app.post(
        "/explain",
        dependencies=json,
        summary="The words of a text that speak for its labels",
        response_model=ExplainResponse,
        responses=responses(*REFUSALS, 501),
    )
    async def explain(request: ExplainRequest) -> JSONResponse:
        return JSONResponse(await service.explain(request))

    @app.get(
        "/model",
        summary="The model, its labels and thresholds",
        response_model=ModelFacts,
        responses=responses(401),
    )
    async def model() -> JSONResponse:
        return JSONResponse(facts)


def _add_state(app: FastAPI, service: Service) -> None:
    @app.get("/health/live", summary="Whether the server lives")
    async def live() -> Health:
        return Health(status="ok")

    @app.get("/health/ready", summary="Whether it takes requests", responses=responses(503))
    async def ready() -> Health:
        if not service.ready:
            raise RefusedError(503, "the server is stopping or its queue is full; try again.")
        return Health(status="ok")

    @app.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **responses(401)},
    )
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


def _add_page(app: FastAPI) -> None:
    pages = page_files()

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        found = pages["index.html"]
        return Response(found.content, media_type=found.media_type)

    @app.get("/page/{name}", include_in_schema=False)
    async def part(name: str) -> Response:
        found = pages.get(name)
        if found is None:
            return problem(404, "there is no such file of the page.")
        return Response(found.content, media_type=found.media_type)
