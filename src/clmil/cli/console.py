"""Where the command line prints: results to stdout, the rest to stderr."""

from rich.console import Console, RenderableType


def show(*things: RenderableType) -> None:
    """Print results. Sentences are wrapped by the terminal alone, so that they can be piped."""
    console = Console(highlight=False, markup=False)
    for thing in things:
        console.print(thing, soft_wrap=isinstance(thing, str))


def tell(*sentences: str) -> None:
    """Print sentences about the work to stderr."""
    console = Console(stderr=True, highlight=False, markup=False)
    for sentence in sentences:
        console.print(sentence, soft_wrap=True)
