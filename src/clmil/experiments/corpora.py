"""The corpora of a plan: read once, known again by what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clmil.data.corpus import Corpus, read_corpus
from clmil.errors import DataError
from clmil.experiments.cells import CorpusFacts


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A corpus with the facts that name it in a plan."""

    facts: CorpusFacts
    corpus: Corpus


def read_subjects(sources: Sequence[str]) -> list[Subject]:
    """Read the corpora.

    Args:
        sources: files, folders or hub ids, as `read_corpus` takes them.

    Raises:
        DataError: if one cannot be read, or two have one name.
    """
    found: dict[str, Subject] = {}
    for source in sources:
        subject = _subject(source)
        if subject.facts.name in found:
            raise DataError(
                f"two corpora are named {subject.facts.name}, {source} and "
                f"{found[subject.facts.name].facts.source}; rename one of the folders."
            )
        found[subject.facts.name] = subject
    return list(found.values())


def check_test_part(subject: Subject) -> None:
    """Raise a `DataError` if a corpus has no test part, without which no cell can be scored."""
    if subject.corpus.test is None:
        raise DataError(
            f"{subject.facts.source} has no test part to score systems on; add a file like "
            "test.jsonl."
        )


def _subject(source: str) -> Subject:
    from clmil.training.workspace import fingerprint

    corpus = read_corpus(source)
    parts = [part for part in (corpus.train, corpus.validation, corpus.test) if part is not None]
    facts = CorpusFacts(
        name=Path(source).name.split(".")[0] or source,
        source=source,
        digest=fingerprint(*parts),
        documents=len(corpus.train),
    )
    return Subject(facts=facts, corpus=corpus)
