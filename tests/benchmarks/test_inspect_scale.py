"""The benchmark of `clmil inspect`: its corpus, and the sentence that its report makes."""

import json

from benchmarks.inspect_scale import PAGE, REPORT, page, write_corpus


def test_the_sentence_of_the_page_is_made_from_the_report():
    told = PAGE.read_text(encoding="utf-8")
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    assert page(told, report) == told
    assert f"{report['documents']:,} short" in told
    assert report["documents"] >= 1_000_000


def test_a_million_documents_stay_within_bounds():
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    assert report["peak_megabytes"] < 3000
    assert report["processor_seconds"] < 300


def test_the_corpus_repeats_and_leaks_texts(tmp_path):
    write_corpus(tmp_path / "corpus", 20_000)
    parts = {
        part: [json.loads(line) for line in (tmp_path / "corpus" / f"{part}.jsonl").open()]
        for part in ("train", "test")
    }
    assert [len(rows) for rows in parts.values()] == [20_000, 200]
    texts = [row["text"] for row in parts["train"]]
    assert 0.015 < 1 - len(set(texts)) / len(texts) < 0.03
    assert {row["text"] for row in parts["test"]} & set(texts)
    assert len({name for row in parts["train"] for name in row["labels"]}) == 100
