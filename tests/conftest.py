"""Where torch is not installed, only the tests of the torch-free core are collected."""

from importlib.util import find_spec

collect_ignore_glob = (
    []
    if find_spec("torch")
    else [
        "nn",
        "training",
        "storage",
        "runtime",
        "systems",
        "data/test_batching.py",
        "data/test_tokens.py",
        "benchmarks/test_speed_peers.py",
        "reports/test_inspection.py",
        "test_estimator.py",
        "test_estimator_checks.py",
    ]
)
