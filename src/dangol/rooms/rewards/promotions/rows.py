"""A sale's row as a commit reads and writes it: by plain statements, which Django would make anew."""

import json
from typing import NamedTuple

from dangol.core.storage.ids import Id
from dangol.core.storage.reading import matching, read_together, select_matching
from dangol.core.storage.rows import update_rows
from dangol.rooms.rewards.promotions import models

_SALE = tuple(field.attname for field in models.Sale._meta.concrete_fields)
_DOCUMENTS = frozenset(("cart", "answer", "split"))
_OWN = ("customer_id", "id")
_TURN = ("customer_id", "sale_id", "turn")


class Place(NamedTuple):
    """Whose a sale is, which order it became, and how many minor units cards and credit pay of it."""

    customer_id: Id
    order_id: Id | None
    stored_minor: int


class Use(NamedTuple):
    """What a sale uses of one version of a promotion, in minor units of its currency."""

    promotion_id: Id
    version: int
    minor: int


def find_place(sale_id: Id) -> Place | None:
    """Return where a sale is found; None: there is none of this id."""
    rows = select_matching(models.Sale, Place._fields, ("id",), [(sale_id,)])
    return Place(*rows[0]) if rows else None


def read_sale(customer_id: Id, sale_id: Id) -> models.Sale:
    """Return a customer's sale; raises Sale.DoesNotExist."""
    rows = select_matching(models.Sale, _SALE, _OWN, [(customer_id, sale_id)])
    if not rows:
        raise models.Sale.DoesNotExist()
    values = dict(zip(_SALE, rows[0], strict=True))
    documents = {name: json.loads(values[name]) for name in _DOCUMENTS}
    row = models.Sale(**values | documents)
    row._state.adding = False
    return row


def read_turn(row: models.Sale) -> tuple[list[str], list[Use]]:
    """Return the states of what a member was asked in a sale's present turn, and what it uses."""
    own = [(row.customer_id, row.id, row.turn)]
    asked, used = read_together(
        matching(models.SaleConfirmation, ("state",), _TURN, own),
        matching(models.Redemption, Use._fields, _TURN, own, order_by=["promotion_id"]),
    )
    return [state for (state,) in asked], [Use(*one) for one in used]


def write_commit(row: models.Sale, *, with_answer: bool) -> None:
    """Write down that a sale became an order, and its answer where something was added to it."""
    changed = ["state", "committed_at", "order_id", *(["answer"] if with_answer else [])]
    values = [row.state, row.committed_at, row.order_id, *([json.dumps(row.answer)] if with_answer else [])]
    update_rows(models.Sale, _OWN, changed, [(row.customer_id, row.id, *values)])
