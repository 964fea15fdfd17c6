"""Where torch or an extra is not installed, the tests of what needs it are not collected."""

from importlib.util import find_spec

collect_ignore_glob = (
    []
    if find_spec("torch")
    else [
        "nn",
        "training",
        "storage",
        "runtime/test_*.py",
        "systems/test_[!o]*.py",  # test_onnx.py is of the core
        "serving",
        "data/test_batching.py",
        "data/test_tokens.py",
        "benchmarks/test_crowding.py",
        "benchmarks/test_speed_peers.py",
        "experiments/test_cell.py",
        "reports/test_inspection.py",
        "reports/test_layout.py",
        "test_estimator.py",
        "test_estimator_checks.py",
    ]
)
collect_ignore_glob += [] if find_spec("fastapi") else ["serving", "cli/test_serve.py"]
collect_ignore_glob += [] if find_spec("schemathesis") else ["serving/test_schema.py"]
