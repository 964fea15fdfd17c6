"""`clmil decide`: choose thresholds and calibration anew, on labelled texts."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Part, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from clmil.decisions.choosing import Choice
    from clmil.decisions.objectives import Objective
    from clmil.decisions.rule import DecisionRule
    from clmil.runtime.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class AimOptions:
    """What thresholds are chosen for."""

    objective: Annotated[
        str | None,
        typer.Option(help="macro-f1 (default), micro-f1, precision-at-recall or cost."),
    ] = None
    recall: Annotated[
        float | None, typer.Option(help="The highest precision with at least this recall.")
    ] = None
    cost: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='Costs, JSON or YAML: {"label": {"fp": 1, "fn": 5}}.'),
    ] = None
    false_positive: Annotated[
        float | None, typer.Option(min=0.0, help="Cost of a label predicted wrongly.")
    ] = None
    false_negative: Annotated[
        float | None, typer.Option(min=0.0, help="Cost of a label missed.")
    ] = None

    def aim(self, names: "Sequence[str]") -> "Objective":
        """Return the objective; costs or a recall name theirs by themselves."""
        from clmil.decisions.costs_file import read_costs
        from clmil.decisions.objectives import Objective

        priced = self.false_positive is not None or self.false_negative is not None
        if self.cost is not None and priced:
            raise typer.BadParameter("give either --cost or costs of all labels.")
        implied = "cost" if priced or self.cost is not None else None
        implied = "precision-at-recall" if self.recall is not None else implied
        name = (implied or "macro-f1") if self.objective is None else self.objective
        wanted = Objective(name=name, recall=0.9 if self.recall is None else self.recall)  # type: ignore[arg-type]
        if implied not in (None, name) or (self.recall is not None and (priced or self.cost)):
            raise typer.BadParameter(f"--objective {name} takes no other objective's options.")
        if name != "cost":
            return wanted
        costs: tuple[object, object] = (
            1.0 if self.false_positive is None else self.false_positive,
            1.0 if self.false_negative is None else self.false_negative,
        )
        if self.cost is not None:
            costs = read_costs(self.cost, names)
        return Objective(name="cost", false_positive=costs[0], false_negative=costs[1])  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """What the rule may be."""

    per_label: Annotated[
        bool, typer.Option("--per-label/--global", help="A threshold a label, or one for all.")
    ] = True
    calibrate: Annotated[
        Literal["none", "temperature", "isotonic"],
        typer.Option(help="Make probabilities agree with frequencies."),
    ] = "none"
    never_empty: Annotated[
        bool, typer.Option("--never-empty", help="Give every text at least one label.")
    ] = False

    def choice(self, objective: "Objective", seed: int) -> "Choice":
        """Return them as `choose_rule` takes them."""
        from clmil.decisions.choosing import Choice

        return Choice(
            scope="per-label" if self.per_label else "global",
            objective=objective,
            calibrate=self.calibrate,
            never_empty=self.never_empty,
            seed=seed,
        )


@dataclass(frozen=True, kw_only=True)
class PromiseOptions:
    """A bound to keep, and texts to leave to a person."""

    miss_at_most: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Promise that no more of a text's labels are missed."),
    ] = None
    confidence: Annotated[float, typer.Option(help="How sure the promise is.")] = 0.95
    review_share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Leave so many texts, the least certain, to a person."),
    ] = None
    check: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Other labelled texts, to see whether it is kept."),
    ] = None

    @property
    def given(self) -> bool:
        """Whether anything is promised."""
        return self.miss_at_most is not None or self.review_share is not None

    def check_alone(self, aim: AimOptions, rule: RuleOptions) -> None:
        """Raise a `BadParameter` if objectives or calibration are asked for as well.

        Or if there is nothing that the promise's own options belong to.
        """
        if self.miss_at_most is None and self.confidence != PromiseOptions.confidence:
            raise typer.BadParameter("--confidence goes with --miss-at-most.")
        if not self.given and self.check is not None:
            raise typer.BadParameter("--check goes with --miss-at-most or --review-share.")
        if not self.given:
            return
        if (aim, rule) != (AimOptions(), RuleOptions()):
            raise typer.BadParameter(
                "a promise shifts the model's own thresholds; choose these first, by themselves."
            )

    def rule(
        self, rule: "DecisionRule", raw: "np.ndarray", targets: "np.ndarray"
    ) -> "DecisionRule":
        """Return the rule that keeps what is promised.

        Raises:
            DataError: if the texts are too few for it, or a number is not usable.
        """
        from clmil.decisions.guarantee import Promise, guaranteed_rule
        from clmil.decisions.referral import referring_rule

        if self.miss_at_most is not None:
            promise = Promise(missed=self.miss_at_most, confidence=self.confidence)
            rule = guaranteed_rule(rule, raw, targets, promise)
        return rule if self.review_share is None else referring_rule(rule, raw, self.review_share)


def decide(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder; it is changed.")],
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Labelled texts that it was not trained on.")
    ],
    columns: ColumnOptions,
    aim: AimOptions,
    rule: RuleOptions,
    promised: PromiseOptions,
    part: Part = "validation",
    precision: Precision = "fp32",
) -> None:
    """Choose a model's thresholds and calibration on labelled texts, and keep them with it.

    Scores on texts that thresholds were chosen on flatter; evaluate on others.
    """
    import numpy as np

    from clmil.decisions.choosing import choose_rule
    from clmil.decisions.metrics import score
    from clmil.errors import DataError
    from clmil.reports.decisions import calibration_sentence, decision_table
    from clmil.runtime.predictor import Predictor
    from clmil.storage.folder import save_rule

    promised.check_alone(aim, rule)
    # A promise shifts the model's thresholds, which must be whole for that.
    predictor = Predictor.load(model, precision=precision, mend=not promised.given)
    predictor.check_rule_applies()
    space = predictor.space
    objective = aim.aim(space.names)
    raw, targets = _predicted(predictor, data, columns, part)
    if promised.given:
        _promise(model, predictor, (raw, targets), promised, columns)
        return
    before = score(targets, predictor.rule.decide(predictor.rule.calibrate(raw)))
    seed = int(predictor.recipe.get("seed", 0))
    chosen = choose_rule(
        raw, targets, rule.choice(objective, seed), frequency=np.array(space.counts)
    )
    if "reason" in chosen.chosen:
        raise DataError(
            f"there are {chosen.chosen['reason']}, too few to choose by; give more. The rule of "
            f"{model} is left as it is."
        )
    save_rule(model, chosen)
    if "damaged" in predictor.rule.chosen:
        tell("The decisions of the model were damaged; 0.5 for every label stands in for them.")
    show(decision_table(before.to_json(), chosen.chosen))
    tell(*filter(None, [calibration_sentence(chosen.chosen)]))
    tell(f"The thresholds are in {model / 'labels.json'}.")


def _promise(
    model: Path,
    predictor: "Predictor",
    calibration: "tuple[np.ndarray, np.ndarray]",
    promised: PromiseOptions,
    columns: ColumnOptions,
) -> None:
    """Keep a rule with a promise, and show what it does."""
    from clmil.decisions.kept import what_is_kept
    from clmil.reports.promise import promise_table
    from clmil.storage.folder import save_rule

    chosen = promised.rule(predictor.rule, *calibration)
    measured = {"of the promise": what_is_kept(chosen, *calibration)}
    if promised.check is not None:
        others = _predicted(predictor, promised.check, columns, "test")
        measured["not seen before"] = what_is_kept(chosen, *others)
    save_rule(model, chosen)
    show(promise_table(chosen.chosen, measured))
    tell(
        "It holds for texts like these if the model has seen none of them, neither for its "
        f"weights nor for its thresholds. The rule is in {model / 'labels.json'}."
    )


def _predicted(
    predictor: "Predictor", data: str, columns: ColumnOptions, part: str
) -> "tuple[np.ndarray, np.ndarray]":
    """Return the system's own probabilities of labelled texts, and their targets."""
    from clmil.data.corpus import read_documents
    from clmil.data.targets import encode_targets
    from clmil.reports.outcome import left_out, predict_all
    from clmil.reports.progress import counting

    names, where = predictor.space.names, f"{data} ({part})"
    documents, notes = read_documents(data, columns=columns.columns(names), part=part)
    targets = encode_targets(documents, names, where=where)
    tell(
        *notes,
        *left_out(targets, names, where, so="given the thresholds of labels about as frequent"),
    )
    with counting("predicting", len(documents)) as advance:
        said = predict_all(predictor.answer, documents, advance)
    return said.probabilities, targets
