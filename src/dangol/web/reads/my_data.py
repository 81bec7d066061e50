"""What we hold of a member, as they take it along: their own data, whole."""

from datetime import datetime
from typing import Any

from dangol.core.people.merged import family_of
from dangol.core.people.selectors import consent_history, profiles_of, shop
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.wallets import list_wallets
from dangol.web.reads.member import read_orders
from dangol.web.reads.statement import read_statement
from dangol.web.reads.wallets import kind_of

_PAGE = 500


def read_my_data(customer_id: Id, *, at: datetime) -> dict[str, Any]:
    """Return a member's data as plain values for JSON: who they are, consents, points and orders.

    Instants are ISO 8601 in UTC; amounts are in the minor unit of their currency.
    """
    profile = profiles_of([customer_id], unmasked=True)[customer_id]
    person = profile.person
    return {
        "schema": "dangol.my-data/1",
        "shop": shop().name,
        "made_at": at.isoformat(),
        "profile": {
            "id": show_id(customer_id), "kind": person.kind, "name": person.name, "email": person.email,
            "phone": person.phone, "number": person.external_id, "card": profile.card,
            "birthday": profile.birthday, "language": profile.language, "traits": profile.traits,
            "joined_at": _instant(person.joined_at), "known_since": _instant(profile.created_at),
        },
        "consents": [
            one._asdict() | {"at": one.at.isoformat()} for one in consent_history(customer_id)
        ],
        "points": [line for one in list_wallets() for line in _points(customer_id, one.currency)],
        "orders": _orders(customer_id),
    }  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _points(customer_id: Id, currency: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    kind, after = kind_of(currency), ""
    while True:
        page = read_statement(customer_id, currency, after=after, limit=_PAGE)
        lines += [
            {
                "at": line.at.isoformat(), "kind": line.kind, "points": line.points, "change": line.change,
                "balance": line.balance, "reason": line.reason, **({"wallet": kind} if kind else {}),
            }
            for line in page.lines
        ]  # fmt: skip
        after = page.next_after
        if not after:
            return lines


def _orders(customer_id: Id) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = []
    after = ""
    family = family_of(customer_id)
    while True:
        page = read_orders(family, after=after, limit=_PAGE)
        orders += [
            {
                "number": order.number, "placed_at": order.placed_at.isoformat(), "store": order.store,
                "currency": order.currency, "net_minor": order.net_minor,
                "lines": [line._asdict() for line in order.lines],
            }
            for order in page.orders
        ]  # fmt: skip
        after = page.next_after
        if not after:
            return orders
