"""How much a plan may cost: the recipe as it is, or a rehearsal of one epoch."""

from clmil.errors import RecipeError

BUDGETS: dict[str, tuple[str, ...]] = {
    "full": ("training.report_to=[]",),
    "small": (
        "training.epochs=1",
        "training.report_to=[]",
        "encoder.max_length=96",
        "contrastive.max_length=64",
        "contrastive.max_steps=5",
        "contrastive.low_frequency=0.05",  # so that small data have rare labels
        "reinforcement.epochs=1",
        "network.beam=2",
    ),
}
"""Overrides by budget; a system whose recipe lacks a key does without it."""

REHEARSAL = (
    "This is a rehearsal of a single epoch (budget small): it shows that everything runs, and its "
    "figures and verdicts say nothing about the systems."
)


def budget_overrides(budget: str, encoder: str | None) -> tuple[str, ...]:
    """Return the overrides of a budget and an encoder.

    Raises:
        RecipeError: if there is no such budget.
    """
    if budget not in BUDGETS:
        raise RecipeError(f"there is no budget {budget!r}; known are {', '.join(BUDGETS)}.")
    named = () if encoder is None else (f"encoder.name={encoder}",)
    return (*BUDGETS[budget], *named)
