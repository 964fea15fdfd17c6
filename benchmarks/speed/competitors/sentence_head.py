"""sentence-transformers embeddings with one logistic regression a label."""

import time

from common import SETTINGS, Clock, Data, f1, report
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

SETTINGS["epochs"] = 1
data, clock = Data(), Clock()
encoder = SentenceTransformer(SETTINGS["encoder"], device="cpu")
encoder.max_seq_length = SETTINGS["max_length"]


def embed(part):
    return encoder.encode(data.texts[part], batch_size=SETTINGS["batch_size"])


clock.begin()
head = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000))
head.fit(embed("train"), data.targets["train"])
clock.end()
validation = head.predict_proba(embed("validation"))
clock.validated(f1(data.targets["validation"], validation)["micro_f1"])
began = time.perf_counter()
test = head.predict_proba(embed("test"))
report(clock, data, {"validation": validation, "test": test}, time.perf_counter() - began)
