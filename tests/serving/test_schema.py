"""What schemathesis makes of the API's own description."""

import threading
import time

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from clmil.serving.app import build_app
from clmil.serving.service import Service
from clmil.serving.settings import Limits
from tests.serving.conftest import ColourPredictor

QUIET = list(HealthCheck)
ROUTES = [
    ("POST", "/predict"),
    ("POST", "/explain"),
    ("GET", "/model"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def described():
    """Serve on a free port; return what the server says of itself."""
    app = build_app(Service(ColourPredictor(), Limits(wait=0)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
    server.should_exit = True
    thread.join()


def hold(described, method, path, mode, examples):
    """Send cases that fit the description, or break it, and check each answer against it.

    A label that the model lacks is refused, which the description cannot know.
    """
    cases = described[path][method].as_strategy(generation_mode=mode)

    @settings(max_examples=examples, deadline=None, suppress_health_check=QUIET)
    @given(cases)
    def every_case(case):
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    every_case()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_description_holds(described, method, path):
    hold(described, method, path, GenerationMode.POSITIVE, 8)


@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_what_breaks_the_description_is_refused(described, path):
    hold(described, "POST", path, GenerationMode.NEGATIVE, 15)


def test_the_description_is_whole(described):
    found = {(o.ok().method.upper(), o.ok().path) for o in described.get_all_operations()}
    assert found == set(ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_both_hold_at_length(described, path, mode):
    hold(described, "POST", path, mode, 1000)
