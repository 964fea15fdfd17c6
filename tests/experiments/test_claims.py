import numpy as np
import pytest

from clmil.decisions.bootstrap import Difference
from clmil.experiments.claims import CLAIMS, is_contrastive
from clmil.experiments.results import Side
from clmil.experiments.variants import (
    BERT,
    BERT_CLRL,
    BERT_JOINT,
    BERT_JOINT_CL,
    CIL,
    CL_MIL,
    DIL,
    DIL_CL,
    FIL,
    MIL,
    VARIANTS,
    WEIGHTED,
)
from clmil.experiments.verdicts import Statement, Verdict, joined, settle
from clmil.storage.atomic import write_json
from tests.experiments.fakes import TARGETS, probabilities, result, results_of

pytestmark = pytest.mark.usefixtures("any_system")


def claim(name):
    return next(claim for claim in CLAIMS if claim.name == name)


def system(**errors):
    return lambda seed: result(probabilities=probabilities(seed=seed, **errors))


GOOD, FAIR, POOR = (system(missed=m, invented=m / 2) for m in (0.02, 0.15, 0.4))


def test_the_best_of_all(tmp_path):
    others = dict.fromkeys(VARIANTS["table3"], POOR)
    found = results_of(tmp_path, others | {CL_MIL: GOOD})
    verdict = claim("best of all").verdict(found, "minilm")
    assert verdict.word == "holds"
    assert "Hamming loss, CL-MIL against CNN -" in verdict.reason
    assert "F1, CL-MIL against CL-BERT_kNN +" in verdict.reason


def test_one_better_system_refutes_it(tmp_path):
    found = results_of(tmp_path, dict.fromkeys(VARIANTS["table3"], POOR) | {BERT: GOOD})
    assert claim("best of all").verdict(found, "minilm").word == "does not hold"


def test_what_was_not_run_cannot_be_told(tmp_path):
    found = results_of(tmp_path, {CL_MIL: GOOD})
    verdict = claim("precision against BERT").verdict(found, "minilm")
    assert verdict.word == "cannot be told here"
    assert verdict.reason.endswith("not run: BERT.")


def test_an_encoder_that_is_spread_out_cannot_tell(tmp_path):
    made = {BERT_JOINT_CL: POOR, BERT_JOINT: GOOD, DIL_CL: GOOD, DIL: GOOD, CL_MIL: GOOD, MIL: POOR}
    found = results_of(tmp_path, made)
    asked = claim("contrastive learning by backbone")
    assert asked.verdict(found, "google-bert/bert-base-uncased").word == "holds"
    other = asked.verdict(found, "minilm")
    assert other.word == "cannot be told here"
    assert "Measured all the same" in other.reason
    assert is_contrastive("sentence-transformers/all-mpnet-base-v2")


@pytest.mark.parametrize(
    ("origin", "before", "after", "spread_out"),
    [
        ("minilm", 0.05, 0.02, True),
        ("minilm", 0.05, 0.29, True),
        ("minilm", 0.05, 0.3, False),
        ("minilm", 0.35, 0.44, True),
        ("google-bert/bert-base-uncased", 0.6, 0.55, False),
    ],
)
def test_an_adapted_encoder_is_told_by_where_its_texts_lie(
    tmp_path, origin, before, after, spread_out
):
    folder = tmp_path / "minilm-adapted"
    folder.mkdir()
    lie = {"before": before, "after": after}
    geometry = {when: {"mean": {"mean_cosine": cosine}} for when, cosine in lie.items()}
    write_json(folder / "adaptation.json", {"encoder": origin, "geometry": geometry})
    assert is_contrastive(str(folder)) is spread_out
    again = tmp_path / "again"
    again.mkdir()
    still = {when: {"mean": {"mean_cosine": after}} for when in lie}
    write_json(again / "adaptation.json", {"encoder": str(folder), "geometry": still})
    assert is_contrastive(str(again)) is spread_out


def test_both_grains(tmp_path):
    found = results_of(tmp_path, {DIL: GOOD, FIL: FAIR, CIL: POOR})
    assert claim("both grains are better than one").verdict(found, "").word == "holds"


def test_fine_for_precision_and_coarse_for_recall(tmp_path):
    def dil(seed):
        fil = probabilities(missed=0.3, invented=0.01, seed=seed)
        cil = probabilities(missed=0.01, invented=0.2, seed=seed + 9)
        decided = {
            f"decided_{n}": (p > 0.5).astype(np.int8) for n, p in (("fil", fil), ("cil", cil))
        }
        return result(probabilities=(fil + cil) / 2, fil=fil, cil=cil, **decided)

    found = results_of(tmp_path, {DIL: dil})
    verdict = claim("fine for precision, coarse for recall").verdict(found, "")
    assert verdict.word == "holds"
    assert "precision, DIL's FIL against DIL's CIL +" in verdict.reason


def test_label_groups_are_judged_by_their_own_columns(tmp_path):
    tail, head = [4, 5], [0, 1]
    made = {
        BERT_JOINT: system(missed=0.4, columns=head),
        BERT_CLRL: system(missed=0.4, columns=tail),
        DIL: system(missed=0.4, invented=0.2, columns=[2, 3, 4, 5]),
        MIL: system(missed=0.01, invented=0.01),
    }
    found = results_of(tmp_path, made)
    more = Side(variant=BERT_CLRL), Side(variant=BERT_JOINT)
    assert found.compare(*more, "micro_f1", "head").low > 0
    assert found.compare(*more, "micro_f1", "tail").high < 0
    assert claim("label relations by group").verdict(found, "").word == "holds"


def test_bounds_of_the_curves(tmp_path):
    def weighted(spoilt):
        def make(seed):
            fil = probabilities(missed=spoilt, invented=spoilt / 4, seed=seed)
            cil = probabilities(missed=spoilt, invented=spoilt / 4, seed=seed + 9)
            sure = np.where(TARGETS == 1, 0.29, -0.29).astype(np.float32)
            return result(probabilities=fil, fil=fil + sure, cil=cil + sure)

        return make

    spoilt = (0.1, 0.15, 0.2, 0.3, 0.45)
    made = {variant: weighted(part) for variant, part in zip(WEIGHTED, spoilt, strict=True)}
    verdict = claim("lower and upper bound").verdict(results_of(tmp_path, made), "")
    assert verdict.word == "holds"
    few = results_of(tmp_path / "few", {DIL: weighted(0.1)})
    assert claim("lower and upper bound").verdict(few, "").word == "cannot be told here"


@pytest.mark.parametrize(
    ("after", "word"), [(-2.5, "holds"), (-2.0, "cannot be told here"), (-1.0, "does not hold")]
)
def test_uniformity_by_numbers(tmp_path, after, word):
    def made(seed):
        done = result(probabilities=probabilities(seed=seed))
        stages = {"initial": (-2.0, 0.5), "contrastive": (after, 0.5 + (after + 2) / 5)}
        done.values["geometry"] = {
            stage: {"overall": {"uniformity": u, "mean_cosine": c}, "[1,0,0]": {"outwardness": -u}}
            for stage, (u, c) in stages.items()
        }
        return done

    found = results_of(tmp_path, {CL_MIL: made})
    assert claim("more uniform").verdict(found, "bert").word == word
    assert claim("head labels move outward").verdict(found, "bert").word == word


def difference(value, low, high):
    return Difference(value=value, low=low, high=high, p_value=0.5, wins=0.5)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.03, 0.02, 0.04), ("holds", "does not hold", "does not hold", "does not hold")),
        ((-0.03, -0.04, -0.02), ("does not hold", "holds", "does not hold", "holds")),
        ((0.0, -0.005, 0.005), ("cannot", "cannot", "holds", "holds")),
        ((0.0, -0.03, 0.03), ("cannot", "cannot", "cannot", "cannot")),
        ((0.004, 0.001, 0.008), ("holds", "does not hold", "holds", "does not hold")),
    ],
)
def test_intervals_settle(ends, words):
    for expect, word in zip(("more", "less", "alike", "not more"), words, strict=True):
        assert settle(difference(*ends), expect).startswith(word), expect


def test_verdicts_are_joined():
    words = ("holds", "cannot be told here", "does not hold")
    verdicts = [Verdict(word=word, reason=word) for word in words]
    assert joined(verdicts).word == "does not hold"
    assert joined(verdicts[:2]).word == "cannot be told here"
    assert joined(verdicts[:1]).word == "holds"
    assert joined([]).word == "cannot be told here"


def test_draws_are_paired(tmp_path):
    found = results_of(tmp_path, {DIL: FAIR, MIL: FAIR})
    same = found.compare(Side(variant=DIL), Side(variant=MIL), "micro_recall")
    assert (same.value, same.low, same.high) == (0, 0, 0)
    statement = Statement(
        first=Side(variant=DIL), second=Side(variant=MIL), metric="micro_recall", expect="alike"
    )
    assert statement.judge(found).word == "holds"


def test_seeds_are_drawn_too(tmp_path):
    """Two systems that differ by chance of training alone are not told apart by two seeds."""

    def by_seed(*missed):
        return lambda seed: result(probabilities=probabilities(missed=missed[seed - 1], seed=seed))

    sides = Side(variant=DIL), Side(variant=MIL)
    alone = results_of(tmp_path / "1", {DIL: by_seed(0.1), MIL: by_seed(0.2)}, seeds=(1,))
    assert alone.compare(*sides, "micro_f1").low > 0
    both = results_of(tmp_path / "2", {DIL: by_seed(0.1, 0.2), MIL: by_seed(0.2, 0.11)})
    found = both.compare(*sides, "micro_f1")
    assert found.low < 0 < found.high
    # Half of the draws take one seed twice, at sqrt(2) times half of what the two differ by.
    each = [
        results_of(tmp_path / f"{a}", {DIL: by_seed(a), MIL: by_seed(b)}, seeds=(1,)).compare(
            *sides, "micro_f1"
        )
        for a, b in ((0.1, 0.2), (0.2, 0.11))
    ]
    assert found.high > found.value + abs(each[0].value - each[1].value) / 2


def test_one_seed_is_told(tmp_path):
    asked = claim("precision against BERT")
    for seeds, told in (((1,), True), ((1, 2), False)):
        found = results_of(tmp_path / str(told), {CL_MIL: GOOD, BERT: POOR}, seeds=seeds)
        assert ("one seed" in asked.verdict(found, "minilm").reason) == told


def test_every_claim_names_a_part_of_the_paper_and_its_section():
    assert len(CLAIMS) == 12
    assert {claim.part for claim in CLAIMS} <= set(VARIANTS)
    assert all(claim.section.startswith("5.") for claim in CLAIMS)


@pytest.mark.usefixtures("any_system")
def test_decisions_that_were_not_kept_are_named_once(tmp_path):
    found = results_of(tmp_path, {CL_MIL: GOOD, BERT: POOR})
    for outcome in found.of(BERT):
        outcome.arrays.unlink()
    (claim,) = (one for one in CLAIMS if one.name == "precision against BERT")
    verdict = claim.verdict(found, "bert-base")
    assert verdict.word == "cannot be told here"
    assert verdict.reason == "decisions not kept: BERT."
