"""`clmil systems`: what `--system` takes."""


def systems() -> None:
    """List the systems that can be trained."""
    from clmil.cli.console import show
    from clmil.reports.tables import systems_table
    from clmil.systems.registry import SYSTEMS

    show(systems_table((spec.name, spec.summary, spec.paper) for spec in SYSTEMS.values()))
