"""`clmil demo`: the whole way, on the sample corpus of the package."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import Overwrite, Resume

if TYPE_CHECKING:
    from clmil.data.corpus import Corpus
    from clmil.decisions.metrics import Scores
    from clmil.runtime.predictor import Predictor

OVERRIDES = (
    "encoder.max_length=96",
    "contrastive.low_frequency=0.05",
    "contrastive.anchors=4",
    "contrastive.negatives=12",
    "contrastive.max_length=64",
    "contrastive.max_steps=8",
    "training.batch_size=16",
    "training.epochs=8",
    "training.patience=3",
    "training.learning_rate=0.0002",
)
"""What the sample, small and of short texts, wants other than the default recipe."""

MESSAGES = (
    "Third time this month that my card was charged twice. If nobody sorts it out I'll move the "
    "team to something else.",
    "On my phone the cards I moved this morning are back where they were, on the laptop they "
    "are not.",
    "Lovely work on the new calendar! How do I get it onto paper for my colleague, who sees "
    "very little?",
)
"""Texts that stand in neither part of the sample."""


def demo(
    output: Annotated[Path, typer.Option(help="Folder for model, report and predictions.")] = Path(
        "demo"
    ),
    overwrite: Overwrite = False,
    resume: Resume = False,
) -> None:
    """Train on the sample corpus, compare with a linear model, label three messages."""
    from clmil.data.corpus import read_corpus
    from clmil.data.packaged import sample_corpus_path
    from clmil.reports.tables import probability_table, scores_table
    from clmil.runtime.predictor import Predictor

    sample = sample_corpus_path()
    tell("The sample: made-up messages to the support of a software company.")
    corpus = read_corpus(sample)
    model = output / "model"
    _train(corpus, model, overwrite=overwrite, resume=resume)
    predictor = Predictor.load(model)
    scores, linear = _evaluate(corpus, predictor, output / "evaluation.json")
    columns = {"linear": linear.to_json(), "CL-MIL": scores.to_json()}
    show(scores_table(columns, title="Unseen test part"))
    probabilities = predictor.predict_proba(list(MESSAGES))
    decided = predictor.rule.decide(probabilities)
    for text, row, labels in zip(MESSAGES, probabilities.tolist(), decided.tolist(), strict=True):
        show(f'"{text}"', probability_table(predictor.space.names, row, labels))
    show(
        f"The sample lies in {sample},",
        f"the model in {model} (its card: {model / 'README.md'}),",
        f"the report in {output / 'evaluation.json'}.",
        "Label a text of your own:",
        f'  clmil predict {model} --text "..."',
    )


def _train(corpus: "Corpus", folder: Path, *, overwrite: bool, resume: bool) -> None:
    from clmil.reports.progress import RichProgress
    from clmil.systems.recipe import load_recipe
    from clmil.training.run import train

    recipe = load_recipe("default", system="cl-mil", overrides=OVERRIDES)
    train(corpus, recipe, folder, resume=resume, overwrite=overwrite, progress=RichProgress())


def _evaluate(corpus: "Corpus", predictor: "Predictor", report: Path) -> tuple["Scores", "Scores"]:
    """Score CL-MIL and the linear model, which learns from all of the train part."""
    from clmil.data.targets import encode_targets
    from clmil.reports.evaluation import evaluate_documents, evaluation_report
    from clmil.runtime.files import prediction
    from clmil.storage.atomic import write_json
    from clmil.systems.linear_model import LinearModel

    space = predictor.space
    targets = encode_targets(corpus.train, space.names, where="train")
    linear = LinearModel().fit(list(corpus.train["text"]), targets)
    test: Any = corpus.test
    scores, bar = (
        evaluate_documents(proba, test, space, where="test")
        for proba in (predictor.predict_proba, linear.predict_proba)
    )
    facts = {"model": "model", "data": "sample", "part": "test", "threshold": 0.5}
    values = evaluation_report(scores, predictor.recipe, facts)
    probabilities = predictor.predict_proba(list(MESSAGES))
    decided = predictor.rule.decide(probabilities)
    messages = [
        {"text": text, **prediction(space.names, row, labels)}
        for text, row, labels in zip(MESSAGES, probabilities, decided, strict=True)
    ]
    write_json(report, values | {"linear": bar.to_json(), "messages": messages})
    return scores, bar
