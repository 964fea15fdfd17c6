import numpy as np
import pytest

from clmil.data.corpus import read_corpus
from clmil.data.packaged import sample_corpus_path
from clmil.experiments.corpus_tables import groups_table, statistics_table
from clmil.experiments.geometry_tables import geometry_table
from clmil.experiments.layout import Layout
from clmil.experiments.performance import performance_table
from clmil.experiments.published import TABLE3, TABLES, corpus_like
from clmil.experiments.scores import score_cell
from clmil.experiments.tables import cost_table, group_table, order_table
from clmil.experiments.variants import CL_MIL, DIL, FIL, LINEAR, MIL, OTHERS, VARIANTS
from tests.experiments.fakes import probabilities, result, results_of


def system(**errors):
    return lambda seed: result(probabilities=probabilities(seed=seed, **errors))


def test_published_rows_and_variants_have_the_same_names():
    for part, corpora in TABLES.items():
        for rows in corpora.values():
            others = {LINEAR, *OTHERS} if part == "table3" else set()
            variants = {variant.name for variant in VARIANTS[part] if variant not in others}
            assert set(rows) == variants, part


def test_published_numbers_agree_with_themselves():
    """F1 is the harmonic mean of precision and recall, but for FIL on AAPD and rounding."""
    for part, corpora in TABLES.items():
        for corpus, rows in corpora.items():
            for name, row in rows.items():
                if row.micro_precision is None or (part, corpus, name) == ("table5", "aapd", "FIL"):
                    continue
                p, r = row.micro_precision, row.micro_recall
                # CL-MIL etc. are rounded; the CNN row on AAPD is another paper's.
                assert 2 * p * r / (p + r) == pytest.approx(row.micro_f1, abs=0.2), (part, name)


def test_the_paper_says_that_it_is_best():
    for rows in TABLE3.values():
        assert max(rows, key=lambda name: rows[name].micro_f1) == "CL-MIL"
        assert min(rows, key=lambda name: rows[name].hamming_loss) == "CL-MIL"


def test_what_a_corpus_is_set_beside():
    assert [corpus_like(labels) for labels in (54, 12, 101, 103)] == [
        "aapd", None, "rcv1-v2", "rcv1-v2",
    ]  # fmt: skip


@pytest.mark.usefixtures("any_system")
def test_a_table_with_published_columns(tmp_path):
    found = results_of(tmp_path, {DIL: system(), FIL: system(missed=0.5)})
    table = performance_table("table5", found)
    assert table.title == "Table 5 on toy"
    assert table.headers[1:5] == ("HL (-)", "Pre (+)", "Rec (+)", "F1 (+)")
    assert len({len(row) for row in table.rows} | {len(table.headers)}) == 1
    rows = {row[0]: row for row in table.rows}
    assert rows["CIL"][1:11] == ("–",) * 9 + ("0",), "not run"
    assert rows["CIL"][-1] == "73.5"
    assert "±" in rows["DIL"][4]
    assert rows["DIL"][10] == "2"
    low, high = map(float, rows["DIL"][5].split(" to "))
    assert low < float(rows["DIL"][4].split()[0]) < high
    assert rows["DIL"][6] == "–", "with itself"
    assert rows["FIL"][6].startswith("-")
    assert float(rows["DIL"][3].split()[0]) > float(rows["FIL"][3].split()[0])
    assert any("not comparable" in note for note in table.notes)


@pytest.mark.usefixtures("any_system")
def test_groups_orders_and_costs(tmp_path):
    found = results_of(tmp_path, {CL_MIL: system(), MIL: system(missed=0.3, columns=[4, 5])})
    rows = {row[0]: row for row in group_table(found).rows}
    assert rows["MIL_clrl"][1].startswith("100.0")
    assert float(rows["MIL_clrl"][3].split()[0]) < 95
    orders = order_table(found)
    assert orders.rows[0][0] == "CL-MIL, frequency"
    assert [row[-1] for row in orders.rows] == ["2", "0", "0", "0", "0"]
    costs = cost_table(found, (CL_MIL, DIL))
    assert costs.rows == (("CL-MIL", "12", *["–"] * 8),)


def test_cells_of_scores():
    assert score_cell([]) == "–"
    assert score_cell([0.5]) == "50.0"
    assert score_cell([0.5, 0.6]) == "55.0 ± 7.1"
    assert score_cell([0.02, 0.03], "hamming_loss") == "0.0250 ± 0.0071"


def test_markdown():
    layout = Layout(title="T", headers=("a", "b"), rows=(("x", "1"),), notes=("n",))
    assert layout.markdown() == "### T\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n\nn\n"


def test_words_stand_to_the_left_and_numbers_to_the_right():
    rows = (("1", "holds", "-0.3 (-1 to 2)", ""), ("2", "9 of 10", "", ""))
    layout = Layout(title="T", headers=("a", "b", "c", "d"), rows=rows, notes=())
    assert "| ---: | --- | ---: | --- |" in layout.markdown()


def test_corpora_are_described_without_training():
    corpus = read_corpus(sample_corpus_path())
    table = statistics_table([("sample", corpus)])
    texts = [*corpus.train["text"], *corpus.test["text"]]
    labels = [*corpus.train["labels"], *corpus.test["labels"]]
    words = np.mean([len(text.split()) for text in texts])
    each = np.mean([len(names) for names in labels])
    assert table.rows[0] == ("sample", "606", "12", f"{each:.2f}", f"{words:.1f}")
    assert table.rows[1] == ("AAPD, Li et al. (2024)", "55,840", "54", "2.4", "163.4")
    groups = groups_table([("sample", corpus)])
    assert sum(map(int, groups.rows[0][1:4])) == 12


def test_blank_texts_have_no_words(tmp_path):
    data = tmp_path / "a.jsonl"
    data.write_text(
        '{"text": "  two words ", "labels": ["a"]}\n{"text": " ", "labels": null}\n'
        '{"text": "one", "labels": ["a", "b"]}\n'
    )
    assert statistics_table([("a", read_corpus(data))]).rows[0] == ("a", "3", "2", "1.50", "1.0")


@pytest.mark.usefixtures("any_system")
def test_figures_in_numbers(tmp_path):
    def made(seed):
        done = result(probabilities=probabilities(seed=seed))
        done.values["geometry"] = {
            "trained": {"overall": {"mean_cosine": 0.1 * seed}, "[1,0,0]": {"outwardness": 1.5}}
        }
        return done

    found = results_of(tmp_path, {CL_MIL: made})
    by_stage, by_system = (geometry_table(part, found) for part in ("figure3", "figure4"))
    assert by_stage.rows[0][1:] == ("–",) * 11
    assert by_stage.rows[2][:3] == ("after training", "0.150", "–")
    assert by_stage.rows[2][by_stage.headers.index("out [1,0,0]")] == "1.500"
    assert by_system.rows[-1][:2] == ("CL-MIL", "0.150")
    assert len(by_system.narrow().headers) == len(by_system.narrow().rows[0]) == 5
