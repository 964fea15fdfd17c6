"""The two stages of CL-MIL: contrastive (section 3.2), then multi-task (section 3.3)."""

from clmil.labels.negatives import NegativeSampler, low_frequency, target_documents
from clmil.nn.contrastive import ContrastiveNetwork
from clmil.nn.model import ClMilModel
from clmil.systems.joint import JointRecipe
from clmil.systems.lessons import Lesson, schedule, supervised_stage
from clmil.systems.pairs import ContrastiveDocuments, ContrastiveSteps
from clmil.systems.stages import GradientStage, StageData


def contrastive_stage(
    network: ClMilModel, recipe: JointRecipe, lesson: Lesson
) -> GradientStage | None:
    """Return the contrastive stage; None if train or validation has no rare document with a source.

    Its validation loss is over fixed, seeded pairs of validation documents, while
    co-occurrence comes from the training part alone (method notes, point 21).
    """
    wanted = recipe.contrastive
    train, fixed = _parts(recipe, lesson)
    batches = [step for step in fixed[0] if len(step) > 1 + step[0]]
    if not batches or not any(len(step) > 1 + step[0] for step in train[0]):
        return None
    place = {"rank": lesson.place.rank, "processes": lesson.place.processes}
    budget, steps = wanted.max_length - 2, len(train[0])
    tokens = lesson.tokens
    return GradientStage(
        name="contrastive",
        model=ContrastiveNetwork(network, scale=wanted.scale, literal=wanted.literal, **place),
        data=StageData(
            train=ContrastiveDocuments(tokens.train, train[1], budget=budget, **place),
            train_batches=train[0],
            validation=ContrastiveDocuments(tokens.validation, fixed[1], budget=budget),
            validation_batches=batches,
        ),
        part_names=("contrastive",),
        documents_per_step=wanted.anchors + wanted.negatives,
        training=recipe.training,
        seed=recipe.seed,
        settings={
            **schedule(recipe.training),
            "learning_rate": wanted.learning_rate,
            "num_train_epochs": wanted.epochs,
            "max_steps": _bounded(steps * wanted.epochs, wanted.max_steps),
            "eval_steps": _bounded(steps, wanted.max_steps),
        },
        metric="eval_loss",
        greater=False,
        patience=wanted.patience,
        rates=recipe.training.rates.model_dump(),
    )


def multi_task_stage(network: ClMilModel, recipe: JointRecipe, lesson: Lesson) -> GradientStage:
    """Return the multi-task stage, judged by micro-F1 of the mixed prediction at 0.5."""
    return supervised_stage(
        network,
        lesson,
        name="multi-task",
        part_names=("cil", "fil", "clrl", *(("rdrop",) if recipe.rdrop.enabled else ())),
        rates=recipe.training.rates.model_dump(),
    )


def _parts(recipe: JointRecipe, lesson: Lesson) -> list[tuple[ContrastiveSteps, NegativeSampler]]:
    """Return steps and sampler of train and of validation."""
    wanted, material = recipe.contrastive, lesson.material
    space = material.space
    low = low_frequency(space.counts, space.known_documents, share=wanted.low_frequency)
    parts = []
    for targets in (material.train_targets, material.validation_targets):
        anchors = target_documents(targets, low, membership=wanted.membership)
        sampler = NegativeSampler.build(
            targets, material.relations, rule=wanted.rule, low_frequency=low
        )
        steps = ContrastiveSteps(
            anchors,
            sampler,
            anchors=wanted.anchors,
            negatives=wanted.negatives,
            seed=recipe.seed,
        )
        parts.append((steps, sampler))
    return parts


def _bounded(steps: int, bound: int | None) -> int:
    return min(steps, bound) if bound else steps
