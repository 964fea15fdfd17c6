"""`clmil systems`: what `--system` takes."""


def systems() -> None:
    """List the systems that can be trained."""
    from clmil.cli.console import show
    from clmil.reports.tables import systems_table
    from clmil.systems.registry import SYSTEMS, shipped_recipes

    show(
        systems_table(
            (spec.name, spec.summary, spec.paper, ", ".join(shipped_recipes(spec)))
            for spec in SYSTEMS.values()
        )
    )
