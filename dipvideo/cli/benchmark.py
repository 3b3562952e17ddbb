"""`dipvideo benchmark …`: measurements a reader can repeat."""

import click


@click.group()
def benchmark() -> None:
    """Measure: what a warm start is worth."""
