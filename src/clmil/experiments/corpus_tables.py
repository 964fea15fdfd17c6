"""Tables 2 and 6, which describe corpora and need no training."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from clmil.data.corpus import Corpus
from clmil.data.store import read_column
from clmil.data.targets import is_annotated, label_counts
from clmil.experiments.layout import Layout
from clmil.experiments.published import SOURCE, TABLE2
from clmil.labels.space import AAPD_DOCUMENTS, HEAD_CUT, MID_CUT, LabelSpace


def statistics_table(corpora: Sequence[tuple[str, Corpus]]) -> Layout:
    """Return Table 2: texts, labels, labels a text and words a text, of all parts together.

    Args:
        corpora: names and corpora.
    """
    rows = [(name, *_statistics(corpus)) for name, corpus in corpora]
    rows += [
        (f"{name}, {SOURCE}", f"{texts:,}", str(labels), f"{each:.1f}", f"{words:.1f}")
        for name, (texts, labels, each, words) in TABLE2.items()
    ]
    return Layout(
        title="Table 2: statistics of the corpora",
        headers=("corpus", "texts", "labels", "labels a text", "words a text"),
        rows=tuple(rows),
        notes=(
            "All parts together; words are what white space separates; texts that nobody has "
            "annotated do not count for labels a text.",
        ),
    )


def groups_table(corpora: Sequence[tuple[str, Corpus]]) -> Layout:
    """Return Table 6: how many labels each frequency group has, cut-offs scaled to the corpus."""
    rows = []
    for name, corpus in corpora:
        documents = int(is_annotated(corpus.train).sum())
        groups = LabelSpace.from_counts(label_counts(corpus.train), documents=documents).groups()
        cuts = (f"{cut * documents / AAPD_DOCUMENTS:,.1f}" for cut in (HEAD_CUT, MID_CUT))
        rows.append((name, *(str(len(groups[key])) for key in ("head", "mid", "tail")), *cuts))
    return Layout(
        title="Table 6: label frequency groups",
        headers=("corpus", "head labels", "mid labels", "tail labels", "head from", "mid from"),
        rows=tuple(rows),
        notes=(
            f"{SOURCE} states the cut-offs, {HEAD_CUT:,} and {MID_CUT:,} training documents of a "
            f"label, for the {AAPD_DOCUMENTS:,} of AAPD; they are scaled to each corpus.",
        ),
    )


def _statistics(corpus: Corpus) -> tuple[str, str, str, str]:
    parts = [part for part in (corpus.train, corpus.validation, corpus.test) if part is not None]
    names: set[str] = set()
    given = annotated = words = texts = 0
    for part in parts:
        counts = label_counts(part)
        names |= set(counts)
        given += sum(counts.values())
        annotated += int(np.sum(is_annotated(part)))
        texts += len(part)
        words += sum(_words(chunk) for chunk in read_column(part, "text").chunks)
    each = given / annotated if annotated else 0.0
    return f"{texts:,}", str(len(names)), f"{each:.2f}", f"{words / max(texts, 1):.1f}"


def _words(texts: object) -> int:
    trimmed = pc.utf8_trim_whitespace(texts)
    split = pc.list_value_length(pc.utf8_split_whitespace(trimmed))
    blank = pc.sum(pc.equal(pc.utf8_length(trimmed), 0)).as_py() or 0
    return int(pc.sum(split).as_py() or 0) - int(blank)
