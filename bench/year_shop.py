"""Make the shop that import_year imports into: a child of it. `python -m bench.year_shop HOUSEHOLDS`."""

import sys
from importlib import import_module
from pathlib import Path

from dangol.cli.main import set_up


def main(households: int) -> None:
    """Make the instance, the demo's program, its products and members; leave the orders as a file."""
    set_up({"--lang": "en"})
    sample_shop = import_module("dangol.cli.sample_shop")
    output = import_module("dangol.cli.output").Output(quiet=True)
    home = Path(import_module("django.conf").settings.HOME)
    at = import_module("dangol.project.clock").now()
    sample_shop.make_shop(output, at)
    journey = sample_shop.open_sample(at)
    sample_shop.make_program(at)
    sample_shop.import_people_and_products(output, journey.write(home / "sample", households=households), at)


if __name__ == "__main__":
    main(int(sys.argv[1]))
