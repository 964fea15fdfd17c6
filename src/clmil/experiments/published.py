"""The numbers that the paper prints, to stand in columns of their own.

Li et al. (2024), *Towards Better Representations for Multi-Label Text Classification with
Multi-granularity Information*, Tables 2 to 5. Per cent, but for Hamming losses.
"""

from dataclasses import dataclass

SOURCE = "Li et al. (2024)"


@dataclass(frozen=True)
class Row:
    """Hamming loss, and micro precision, recall and F1 in per cent; None: not printed."""

    hamming_loss: float
    micro_precision: float | None
    micro_recall: float | None
    micro_f1: float


CORPORA = {"aapd": "AAPD", "rcv1-v2": "RCV1-V2"}
"""The paper's corpora."""

TABLE2 = {"AAPD": (55_840, 54, 2.4, 163.4), "RCV1-V2": (804_414, 103, 3.2, 123.9)}
"""Texts, labels, labels a text, words a text."""

TABLE3: dict[str, dict[str, Row]] = {
    "aapd": {
        "CNN": Row(0.0256, 84.9, 54.5, 66.4),
        "BERT": Row(0.0230, 76.7, 69.8, 73.1),
        "LEAM": Row(0.0261, 76.5, 59.6, 67.0),
        "LSAN": Row(0.0242, 77.7, 64.6, 70.6),
        "LACO": Row(0.0213, 80.2, 69.6, 74.5),
        "SGM": Row(0.0251, 74.6, 65.9, 69.9),
        "Seq2set": Row(0.0247, 73.9, 67.4, 70.5),
        "LACO_plcp": Row(0.0212, 79.5, 70.8, 74.9),
        "LACO_clcp": Row(0.0215, 78.9, 70.8, 74.7),
        "CL-BERT_kNN": Row(0.0216, None, None, 75.1),
        "CL-MIL": Row(0.0208, 79.3, 72.5, 75.8),
    },
    "rcv1-v2": {
        "CNN": Row(0.0089, 92.2, 79.8, 85.5),
        "BERT": Row(0.0078, 89.1, 85.6, 87.3),
        "LEAM": Row(0.0090, 87.1, 84.1, 85.6),
        "LSAN": Row(0.0075, 91.3, 84.1, 87.5),
        "LACO": Row(0.0072, 90.8, 85.6, 88.1),
        "SGM": Row(0.0081, 88.7, 85.0, 86.9),
        "Seq2set": Row(0.0073, 90.0, 85.8, 87.9),
        "LACO_plcp": Row(0.0070, 90.8, 86.2, 88.4),
        "LACO_clcp": Row(0.0070, 90.6, 86.4, 88.5),
        "CL-BERT_kNN": Row(0.0071, None, None, 88.3),
        "CL-MIL": Row(0.0068, 90.6, 87.2, 88.9),
    },
}

TABLE4: dict[str, dict[str, Row]] = {
    "aapd": {
        "BERT (joint)": Row(0.0230, 76.7, 69.8, 73.1),
        "BERT (joint) + CL": Row(0.0298, 63.8, 78.1, 70.1),
        "DIL": Row(0.0214, 78.3, 72.2, 75.1),
        "DIL + CL": Row(0.0217, 77.6, 72.5, 74.9),
        "MIL_clrl": Row(0.0211, 78.8, 72.4, 75.5),
        "CL-MIL": Row(0.0208, 79.3, 72.5, 75.8),
    },
}

TABLE5: dict[str, dict[str, Row]] = {
    "aapd": {
        "CIL": Row(0.0229, 76.8, 70.2, 73.5),
        "FIL": Row(0.0298, 76.2, 66.1, 71.1),
        "DIL": Row(0.0214, 78.3, 72.2, 75.1),
    },
    "rcv1-v2": {
        "CIL": Row(0.0075, 88.5, 87.3, 87.9),
        "FIL": Row(0.0074, 89.3, 86.6, 87.9),
        "DIL": Row(0.0073, 89.1, 87.3, 88.2),
    },
}

TABLES = {"table3": TABLE3, "table4": TABLE4, "table5": TABLE5}

NOTES = {
    "table3": (
        "The paper takes the rows LEAM, LSAN, LACO, SGM, Seq2set and CL-BERT_kNN from earlier "
        "papers, and its CNN row is the one that Yang et al. (2018) print.",
    ),
    "table5": (
        "The paper's Hamming loss of FIL on AAPD, 0.0298, does not go with its precision and "
        "recall, which imply about 0.0245; it is the loss of BERT + CL in Table 4.",
    ),
}
"""What is known about the printed numbers."""


def corpus_like(labels: int) -> str | None:
    """Return which of the paper's corpora one with so many labels is set beside, if any.

    AAPD has 54 labels, RCV1-V2 103, of which 101 are in the train part of LYRL2004.
    """
    return {54: "aapd", 101: "rcv1-v2", 103: "rcv1-v2"}.get(labels)
