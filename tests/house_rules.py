"""The house's rules about models and source, as functions that return what breaks them.

They keep the road to a distributed database open (docs/decisions) and catch what import contracts do
not see: a relation written as a string, a constraint, a word in SQL.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.db import models
from django.db.models import CompositePrimaryKey, Model, UniqueConstraint

from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "dangol"
# Tables keyed by a value, in which it is unique across all customers.
LOOKUPS = {
    "dg_api.Answer",
    "dg_commerce.OrderNumber",
    "dg_commerce.ReturnNumber",
    "dg_coupons.CouponCode",
    "dg_people.ErasedIdentity",
    "dg_member_access.MemberLink",
    "dg_member_access.MemberSession",
    "dg_people.Identity",
    "dg_people.SearchToken",
    "dg_referrals.ReferralCode",
    "dg_referrals.ReferralMark",
    # A card's money is its bearer's, whoever that is: these are found by the account.
    "dg_stored_value.ValueAccount",
    "dg_stored_value.ValueMove",
}
FORBIDDEN_SQL = re.compile(
    r"\b(DEFERRABLE|INITIALLY DEFERRED|LISTEN|NOTIFY|LOCK TABLE|NEXTVAL|CREATE SEQUENCE|BIGSERIAL"
    r"|PG_(?:TRY_)?ADVISORY_LOCK)\b"
)


def core_floors() -> dict[str, int]:
    """Return the height of each part of the core, as the import contract in pyproject.toml orders them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["id"] == "core")
    return {
        name.strip(" ()"): height
        for height, layer in enumerate(reversed(layers), start=1)
        for name in layer.split("|")
    }


def floor(module: str) -> int:
    """Return the height of the app a module belongs to; what is not ours lies below the ground."""
    parts = module.split(".")
    if parts[0] != "dangol":
        return -1
    if parts[1] == "core":
        return core_floors()[parts[2]]
    return {"rooms": 100, "connectors": 100, "web": 200, "api": 200, "cli": 200, "project": 300}[parts[1]]


def home(module: str) -> str:
    """Return the app of a module: `dangol.core.ledger` of `dangol.core.ledger.models`."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[1] in ("core", "rooms", "connectors") else 2])


def wrong_relations(model: type[Model]) -> Iterator[str]:
    """Yield relations that leave home for anywhere but a lower floor, or that a cluster cannot hold."""
    for field in model._meta.get_fields(include_hidden=True):
        if not (field.is_relation and field.concrete) or isinstance(field, CompositePrimaryKey):
            continue
        target = field.related_model
        assert isinstance(target, type)
        yield from _wrong_target(model, field.name, target)
        if isinstance(target._meta.pk, CompositePrimaryKey):
            yield f"{model.__name__}.{field.name} points at {target.__name__}, which has a composite key"
        if getattr(field, "db_constraint", False) and target.__module__.startswith("dangol."):
            yield f"{model.__name__}.{field.name} is a deferrable key: write a SqlForeignKey"
    for constraint in model._meta.constraints:
        if isinstance(constraint, SqlForeignKey):
            yield from _wrong_target(model, constraint.name, model._meta.apps.get_model(constraint.to))
        if getattr(constraint, "deferrable", None):
            yield f"{model.__name__}: {constraint.name} is deferrable"


def _wrong_target(model: type[Model], name: str, target: type[Model]) -> Iterator[str]:
    here, there = model.__module__, target.__module__
    if there.startswith("dangol.") and home(here) == home(there):
        return
    if floor(there) >= floor(here):
        yield f"{model.__name__}.{name} points up or across, at {target.__name__}"


def key_names(model: type[Model]) -> tuple[str, ...]:
    """Return the names of the primary key's fields."""
    key = model._meta.pk
    assert key is not None
    return tuple(key.field_names) if isinstance(key, CompositePrimaryKey) else (key.name,)


def wrong_keys(model: type[Model]) -> Iterator[str]:
    """Yield keys that a table of that kind must not have."""
    names = {field.name for field in model._meta.concrete_fields}
    key = key_names(model)
    if "customer_id" in names and model._meta.label not in LOOKUPS:
        if key[0] != "customer_id":
            yield f"{model.__name__}'s key does not lead with customer_id (a lookup? name it in LOOKUPS)"
        for unique in unique_groups(model):
            if unique[0] != "customer_id":
                yield f"{model.__name__} has {unique} unique across customers"
    is_part = "customer_id" in names and re.search(r"(Line|Entry|Part)$", model.__name__)
    if is_part and (len(key) < 3 or key[-1] != "number" or not key[-2].endswith(("_id", "_number"))):
        yield f"{model.__name__}'s key is {key}, not its parent and a number"


def unique_groups(model: type[Model]) -> Iterator[tuple[str, ...]]:
    """Yield the fields of each unique constraint but the primary key."""
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.name,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.fields)
    yield from (tuple(group) for group in model._meta.unique_together)


def wrong_fields(model: type[Model]) -> Iterator[str]:
    """Yield fields that count in floats, take their number from a sequence, or hold an id as text."""
    for field in model._meta.concrete_fields:
        where = f"{model.__name__}.{field.name}"
        if isinstance(field, models.AutoField | models.BigAutoField | models.SmallAutoField):
            yield f"{where} takes its number from a sequence"
        if isinstance(field, models.FloatField | models.DecimalField):
            yield f"{where} is no whole number: points are integers, money is in minor units"
        if isinstance(field, models.UUIDField):
            yield f"{where} is 32 characters on SQLite: use IdField"
        if field.name.endswith("_id") and not field.is_relation and not isinstance(field, IdField):
            yield f"{where} is an id and no IdField"


def python_files(folder: Path = SOURCE) -> list[Path]:
    """Return the hand-written Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def wrong_words(tree: ast.AST) -> Iterator[str]:
    """Yield words in SQL that a distributed database does not know. Docstrings may speak of them."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in told:
            continue
        if found := FORBIDDEN_SQL.search(node.value):
            yield f"line {node.lineno}: {found[0]}"


def wrong_calls(tree: ast.AST) -> Iterator[str]:
    """Yield transactions that are not `write_transaction`, whole-row saves and signals."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "transaction.atomic":
            yield f"line {node.lineno}: write in write_transaction()"
        if isinstance(node, ast.ImportFrom) and node.module in (
            "django.dispatch",
            "django.db.models.signals",
        ):
            yield f"line {node.lineno}: rooms hear of one another by events, not signals"
        if isinstance(node, ast.Call) and _saves_whole_row(node):
            yield f"line {node.lineno}: save(update_fields=…) writes what changed, not the whole row"


def _saves_whole_row(call: ast.Call) -> bool:
    is_save = isinstance(call.func, ast.Attribute) and call.func.attr == "save" and not call.args
    return is_save and not {word.arg for word in call.keywords} & {"update_fields", "force_insert"}
