"""What is so of referrals' people: who they are now, whether they are members, what friends have bought."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Sum

from dangol.core.commerce.models import Order, ReturnLine
from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.people.models import Absence, Customer
from dangol.core.people.selectors import ERASED_KIND, MEMBER, ShopView
from dangol.core.storage.ids import Id
from dangol.domain.referrals import Purchase, Terms, Why, first_instant
from dangol.rooms.rewards.referrals.models import Referral


class Bought(NamedTuple):
    """A friend's orders: those that may count, and when the first of any kind was placed."""

    purchases: tuple[Purchase, ...] = ()
    first_at: datetime | None = None


class Facts(NamedTuple):
    """What referrals are judged by. `roots`: who each id is now; `families`: all ids of each of those."""

    roots: Mapping[Id, Id]
    families: Mapping[Id, Sequence[Id]]
    kinds: Mapping[Id, str]
    bought: Mapping[Id, Bought]
    # By friend as they are now: the first referral of theirs.
    first_referral: Mapping[Id, Id]

    def is_member(self, person: Id) -> bool:
        """Say whether somebody, as they are now, is a member."""
        return self.kinds.get(person) == MEMBER

    def why_void(self, row: Referral, terms: Terms) -> Why | None:
        """Return why a referral is none, or None."""
        friend = self.roots[row.customer_id]
        kind = self.kinds.get(friend)
        first_at = self.bought[friend].first_at
        is_new = first_at is None or first_at >= first_instant(terms, row.joined_at)
        for why, holds in (
            (Why.SAME_PERSON, friend == self.roots[row.referrer_id]),
            (Why.ERASED, kind == ERASED_KIND),
            (Why.LEFT, kind != MEMBER),
            (Why.SECOND, self.first_referral.get(friend, row.id) != row.id),
            (Why.NOT_NEW, terms.only_new and not is_new),
        ):
            if holds:
                return why
        return None


def read_facts(rows: Collection[Referral], *, shop: ShopView) -> Facts:
    """Return what is so of these referrals' people; a constant number of statements, however many."""
    roots = resolve_merged({one for row in rows for one in (row.customer_id, row.referrer_id)})
    families = families_of(roots.values())
    friends = {roots[row.customer_id] for row in rows}
    ids = [one for friend in friends for one in families[friend]]
    of_family = {one: friend for friend in friends for one in families[friend]}
    first: dict[Id, Id] = {}
    told = Referral.objects.filter(customer_id__in=ids).order_by("told_at", "id")
    for customer_id, referral_id in told.values_list("customer_id", "id"):
        first.setdefault(of_family[customer_id], referral_id)
    people = Customer.objects.filter(customer_id__in=set(roots.values()))
    kinds = dict(people.values_list("customer_id", "kind"))
    return Facts(roots, families, kinds, read_bought(families, friends, shop.currency), first)


def families_of(roots: Iterable[Id]) -> dict[Id, list[Id]]:
    """Return all ids of each of these people, the one who goes on first."""
    own = set(roots)
    absorbed = absorbed_by(own)
    return {root: [root, *absorbed.get(root, [])] for root in own}


def read_bought(
    families: Mapping[Id, Sequence[Id]], people: Collection[Id], currency: str
) -> dict[Id, Bought]:
    """Return what these people have bought and kept, under all their ids; two statements.

    History brought along from elsewhere (`earns` not set) is no new purchase, but makes nobody new either.
    What was undone or has come back whole is neither.
    """
    owner_of = {one: person for person in people for one in families[person]}
    orders = Order.objects.filter(customer_id__in=list(owner_of))
    back: dict[tuple[Id, Id], int] = defaultdict(int)
    returned = ReturnLine.objects.filter(customer_id__in=list(owner_of), order_id__isnull=False)
    summed = returned.values_list("customer_id", "order_id").annotate(Sum("net_minor")).order_by()
    back |= {(customer_id, order_id): total for customer_id, order_id, total in summed}
    found: dict[Id, list[Purchase]] = defaultdict(list)
    first: dict[Id, datetime] = {}
    names = ("customer_id", "id", "placed_at", "net_minor", "currency", "earns")
    for customer_id, order_id, placed_at, net, paid_in, earns in orders.values_list(*names):
        person = owner_of[customer_id]
        left = net - back[customer_id, order_id]
        if left > 0:
            first[person] = min(placed_at, first.get(person, placed_at))
        if earns and paid_in == currency:
            found[person].append(Purchase(order_id, placed_at, left))
    return {person: Bought(tuple(found[person]), first.get(person)) for person in people}


def was_away(family: Sequence[Id]) -> bool:
    """Say whether somebody was a member before, and left."""
    return Absence.objects.filter(customer_id__in=family).exists()
