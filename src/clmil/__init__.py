"""Multi-label text classification that is accurate on rare labels.

from clmil import TextClassifier, load

classifier = TextClassifier(system="cl-mil").fit(texts, label_lists)
classifier.predict_labels(texts)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clmil.estimator import TextClassifier, load

__all__ = ["TextClassifier", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """Import the face's names when they are first asked for, so that `import clmil` is instant."""
    if name == "__version__":
        from importlib.metadata import version

        return version("clmil")
    if name in ("TextClassifier", "load"):
        from clmil import estimator

        return getattr(estimator, name)
    raise AttributeError(f"module 'clmil' has no attribute {name!r}")
