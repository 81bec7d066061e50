"""The house stands as it was drawn: layers, relations, keys, and what SQL may say."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.test.utils import isolate_apps

from bench import __main__ as bench
from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField
from dangol.project.consumers import INLINE
from tests.house_rules import (
    LOOKUPS,
    ROOT,
    SOURCE,
    core_floors,
    python_files,
    wrong_calls,
    wrong_fields,
    wrong_keys,
    wrong_relations,
    wrong_words,
)

MODELS = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("dangol.")
    for model in config.get_models()
    if model.__module__.startswith("dangol.")  # tests declare some of their own
]
# Django's own user, and its two tables of groups and permissions: few rows, none of a customer's.
DJANGOS = {"dg_people.Staff"}
# The place of an inline consumer is stored in every event: names may be added at the end, nothing else.
INLINE_NAMES = ["rewards.accrue", "rewards.follow_customers", "rewards.open_reached"]
# The ground floor is where transactions are made.
GROUND = SOURCE / "core" / "storage"


def test_models__of_the_house__are_found() -> None:
    assert len(MODELS) > 20
    assert not LOOKUPS - {model._meta.label for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_model__relations_keys_and_fields__keep_the_rules(model: type[models.Model]) -> None:
    wrong = [*wrong_relations(model), *wrong_keys(model)]
    if model._meta.label not in DJANGOS:
        wrong += wrong_fields(model)

    assert not wrong
    assert model._meta.db_table.startswith("dg_")
    assert model._meta.app_label.startswith("dg_")


@isolate_apps("dangol.core.ledger", "dangol.core.people", "dangol.core.events")
def test_wrong_relations__planted_faults__are_each_found() -> None:
    class Higher(models.Model):
        id = IdField(primary_key=True)

        class Meta:
            app_label = "dg_ledger"

    class Lower(models.Model):
        id = IdField(primary_key=True)
        upward = models.ForeignKey("dg_ledger.Higher", models.PROTECT)

        class Meta:
            app_label = "dg_events"
            constraints = (
                SqlForeignKey(fields=["id"], to="dg_ledger.Higher", to_fields=["id"], name="up"),
                models.UniqueConstraint(fields=["id"], name="late", deferrable=models.Deferrable.DEFERRED),
            )

    Higher.__module__, Lower.__module__ = "dangol.core.ledger.models", "dangol.core.events.models"

    assert list(wrong_relations(Lower)) == [
        "Lower.upward points up or across, at Higher",
        "Lower.upward is a deferrable key: write a SqlForeignKey",
        "Lower.up points up or across, at Higher",
        "Lower: late is deferrable",
    ]


@isolate_apps("dangol.core.ledger")
def test_wrong_keys_and_fields__planted_faults__are_each_found() -> None:
    class OrderLine(models.Model):
        id = models.BigAutoField(primary_key=True)
        customer_id = IdField()
        order_id = models.CharField(max_length=36)
        price = models.FloatField(unique=True)
        token = models.UUIDField()

        class Meta:
            app_label = "dg_ledger"

    assert [*wrong_keys(OrderLine), *wrong_fields(OrderLine)] == [
        "OrderLine's key does not lead with customer_id (a lookup? name it in LOOKUPS)",
        "OrderLine has ('price',) unique across customers",
        "OrderLine's key is ('id',), not its parent and a number",
        "OrderLine.id takes its number from a sequence",
        "OrderLine.order_id is an id and no IdField",
        "OrderLine.price is no whole number: points are integers, money is in minor units",
        "OrderLine.token is 32 characters on SQLite: use IdField",
    ]


def wrong_in(path: Path) -> list[str]:
    """Return the words and calls in a file that break the rules."""
    tree = ast.parse(path.read_text())
    return [*wrong_words(tree), *(() if path.parent == GROUND else wrong_calls(tree))]


def test_source__sql_words_and_calls__keep_the_rules() -> None:
    assert len(python_files()) > 500

    assert {
        str(path.relative_to(SOURCE)): wrong for path in python_files() if (wrong := wrong_in(path))
    } == {}


def test_wrong_words_and_calls__planted_faults__are_each_found() -> None:
    tree = ast.parse(
        '"""LISTEN is spoken of here."""\n'
        "from django.db.models.signals import post_save\n"
        'cursor.execute("LISTEN events")\n'
        "with transaction.atomic(): customer.save()\n"
        'customer.save(update_fields=["name"])\n'
    )

    assert list(wrong_words(tree)) == ["line 3: LISTEN"]
    assert sorted(wrong.split(":")[0] for wrong in wrong_calls(tree)) == ["line 2", "line 4", "line 4"]


def test_inline_consumers__by_place__are_never_moved() -> None:
    assert [consumer.name for consumer in INLINE] == INLINE_NAMES


def test_migrations__of_every_app__say_what_the_models_say_and_are_named() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    names = [path.stem for path in SOURCE.rglob("migrations/[0-9]*.py")]
    assert names
    assert not [name for name in names if "_auto_" in name or re.fullmatch(r"\d+(_initial)?", name)]


def test_core_floors__in_the_contract__are_the_folders_of_the_core() -> None:
    parts = {path.stem for path in (SOURCE / "core").iterdir() if path.name[0] not in "_."}

    assert parts <= core_floors().keys()


FAULTS = {
    "house": ("web/apps.py", "import dangol.cli"),
    "rooms": ("rooms/neighbor.py", "import dangol.rooms.rewards"),
    "core": ("core/events/records.py", "import dangol.core.people"),
    "inside": ("core/events/models.py", "import dangol.core.events.services"),
    "pure": ("domain/errors.py", "import django"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(SOURCE, folder / "dangol", ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("contract", FAULTS)
def test_import_contract__planted_fault__breaks_that_one_alone(copy: Path, contract: str) -> None:
    name, fault = FAULTS[contract]
    path = copy / "dangol" / name
    clean = path.read_text() if path.exists() else ""
    path.write_text(f"{clean}\n{fault}\n")

    program = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo', '--no-cache'])"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, check=False
    )
    path.write_text(clean)

    contracts = re.findall(r"^(.*) (KEPT|BROKEN)", told.stdout, re.MULTILINE)
    broken = [number for number, (_name, state) in enumerate(contracts) if state == "BROKEN"]
    assert told.returncode == 1
    assert broken == [list(FAULTS).index(contract)]


def test_bench__each_module_is_a_benchmark_or_named_as_none() -> None:
    for name in bench.names():
        assert callable(vars(import_module(f"bench.{name}")).get("measure")), f"add {name} to FRAME"


# Who may ask for unmasked data: the access log's own door, people themselves, a person's takeout (which is
# written down as a whole), and the member's own page.
UNMASKERS = {
    # The member's own pages show their own data; a code goes to the address it is for.
    "core/messaging/codes.py",
    # Where codes went before is told that they no longer do.
    "core/messaging/address_changes.py",
    "web/pages/me/data.py",
    "web/pages/me/pass_.py",
    "web/reads/my_data.py",
    "core/access/log.py",
    "core/people/searching.py",
    "core/people/takeout.py",
    "web/pages/home.py",
}


def test_unmasked_data__asked_for__through_the_access_log_only() -> None:
    asking = {
        str(path.relative_to(SOURCE))
        for path in python_files()
        if "unmasked" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == "unmasked"
        if isinstance(node.value, ast.Constant) and node.value.value is True
    }

    assert asking == UNMASKERS
