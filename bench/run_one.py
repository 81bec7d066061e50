"""One benchmark on one database, in a process of its own: `python -m bench.run_one NAME FILE`.

The home and the databases are fresh and named by the environment; the figures are written to FILE.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from bench.figures import Figure, dump
from dangol.cli.main import set_up


def main(name: str, file: str) -> None:
    """Make the tables, measure, write the figures."""
    set_up({})
    import_module("dangol.cli.instance").migrate_databases()
    measure: Callable[[], Iterator[Figure]] = import_module(f"bench.{name}").measure
    figures = []
    for figure in measure():
        print(figure.line(), flush=True)
        figures.append(figure)
    Path(file).write_text(dump(figures))


if __name__ == "__main__":
    main(*sys.argv[1:3])
