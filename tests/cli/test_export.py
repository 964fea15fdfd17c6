"""`clmil export`."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from clmil.errors import MissingExtraError


@pytest.fixture
def exported(monkeypatch):
    calls = []

    def export_model(model, output, *, int8, overwrite):
        calls.append((model, output, int8, overwrite))
        if output.name == "no":
            raise MissingExtraError("exporting needs onnx; get it.")
        return SimpleNamespace(precision="int8" if int8 else "fp32")

    module = ModuleType("clmil.runtime.exporting")
    module.export_model = export_model
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


def test_it_exports_and_says_how_to_use_it(clmil, colours, exported):
    output = colours.folder / "out"
    result = clmil("export", colours.model, "--to", "onnx", "--output", output, "--int8")
    assert result.exit_code == 0
    assert exported == [(colours.model, output, True, False)]
    assert "(int8)" in result.stdout
    assert f"clmil predict {output} --text" in result.stdout


def test_errors_are_one_line(clmil, colours, exported):
    result = clmil("export", colours.model, "--output", colours.folder / "no")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "Error: exporting needs onnx; get it."
    assert clmil("export", colours.model, "--output", "x", "--to", "tea").exit_code == 2
