"""Households made, joined and left: each in one transaction under the locks of all who are in them.

Whoever changes a household, or spends of it, locks its head's and all its members' rows, in the order of
their ids, and reads anew who is in it: so two at once come one after the other. Who joins or leaves locks the
household's row, too, after them: those who came meanwhile are not among the locked, but they count.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.access.own_account import require_not_own
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, shop
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.households import HouseholdClosed, Sharing, Terms
from dangol.rooms.rewards.households.errors import (
    HouseholdFull,
    InOneAlready,
    InvalidHousehold,
    NotAMember,
    NotInOne,
    NotInvited,
    TooSoon,
    UnknownHousehold,
)
from dangol.rooms.rewards.households.events import HouseholdJoined, HouseholdLeft
from dangol.rooms.rewards.households.models import LONGEST_NAME, Household, HouseholdMember, State
from dangol.rooms.rewards.households.settings import read_settings

# How long somebody may think about an invitation.
INVITED_FOR = timedelta(days=14)


class By(NamedTuple):
    """Who does it, and when."""

    actor: Actor
    at: datetime

    @property
    def key(self) -> str:
        """The actor as an invitation keeps them."""
        return f"{self.actor.kind}:{self.actor.key}"[:160]

    @property
    def is_own_hand(self) -> bool:
        """Whether the member does it themselves, signed in on their phone."""
        return self.actor.kind is ActorKind.MEMBER


def make_household(head_id: Id, *, name: str, by: By) -> Id:
    """Make a household of one, its head, whose points are in the pool; returns its id.

    Raises HouseholdClosed, InvalidHousehold, NotAMember, InOneAlready, TooSoon or OwnAccount.
    """
    terms, name = _open_terms(), name.strip()
    if not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
        raise InvalidHousehold(field="name", problem="length")
    household_id = new_id()
    with write_transaction():
        head_id = _lock_one(head_id, by)
        _require_free(head_id, terms, by.at)
        Household.objects.create(id=household_id, name=name, head_id=head_id, made_at=by.at)
        HouseholdMember.objects.create(
            customer_id=head_id, id=new_id(), household_id=household_id, state=State.JOINED.value,
            shares=True, is_own_yes=by.is_own_hand, invited_at=by.at, invited_by=by.key, joined_at=by.at,
        )  # fmt: skip
        _tell([(head_id, HouseholdJoined("head"))], household_id, by.at)
    return household_id


def invite(household_id: Id, customer_id: Id, *, by: By) -> None:
    """Ask a member to join; asked again, they may think it over anew.

    Raises HouseholdClosed, UnknownHousehold, NotAMember, InOneAlready, HouseholdFull or OwnAccount.
    """
    terms = _open_terms()
    with write_transaction():
        customer_id = _lock_with(household_id, customer_id, by)
        _ask(customer_id, household_id, terms, by)


def _ask(customer_id: Id, household_id: Id, terms: Terms, by: By) -> None:
    """Ask a member to join, under the locks of the household and of them."""
    _require_member(customer_id)
    joined = _joined(household_id)
    if any(one.customer_id == customer_id for one in joined):
        raise InOneAlready()
    _require_room(joined, terms)
    own = HouseholdMember.objects.filter(
        customer_id=customer_id, household_id=household_id, state=State.INVITED.value
    )
    if not own.update(invited_at=by.at, invited_by=by.key):
        HouseholdMember.objects.create(
            customer_id=customer_id, id=new_id(), household_id=household_id,
            state=State.INVITED.value, invited_at=by.at, invited_by=by.key,
        )  # fmt: skip


def enter(customer_id: Id, household_id: Id, *, shares: bool, by: By) -> None:
    """Let a member join who has the head's link: asked and joined at once. Raises what those two raise."""
    terms = _open_terms()
    with write_transaction():
        customer_id = _lock_with(household_id, customer_id, by)
        _ask(customer_id, household_id, terms, by)
        _let_in(customer_id, household_id, terms, shares=shares, by=by)


def accept(customer_id: Id, household_id: Id, *, shares: bool, by: By) -> None:
    """Let a member join who was asked to. Where the shop wants it, everybody's points are shared.

    Raises HouseholdClosed, UnknownHousehold, NotInvited, InOneAlready, HouseholdFull, TooSoon, NotAMember or
    OwnAccount.
    """
    terms = _open_terms()
    with write_transaction():
        customer_id = _lock_with(household_id, customer_id, by)
        _let_in(customer_id, household_id, terms, shares=shares, by=by)


def _let_in(customer_id: Id, household_id: Id, terms: Terms, *, shares: bool, by: By) -> None:
    """Let a member join who was asked to, under the locks of the household and of them."""
    row = _invitation(customer_id, household_id, by.at)
    _require_free(customer_id, terms, by.at)
    if _lock_row(household_id).ended_at is not None:
        raise UnknownHousehold(household=show_id(household_id))
    _require_room(_joined(household_id), terms)
    row.state, row.joined_at = State.JOINED.value, by.at
    row.shares = shares or terms.sharing is Sharing.ALL
    row.is_own_yes = row.shares and by.is_own_hand
    row.save(update_fields=["state", "joined_at", "shares", "is_own_yes"])
    _tell([(customer_id, HouseholdJoined("member"))], household_id, by.at)


def _require_room(joined: list[HouseholdMember], terms: Terms) -> None:
    if len(joined) >= terms.most_members:
        raise HouseholdFull(most=terms.most_members)


def decline(customer_id: Id, household_id: Id, *, by: By) -> None:
    """Let an invitation be over. Raises NotInvited."""
    with write_transaction():
        customer_id = resolve_merged([customer_id])[customer_id]
        lock_customers([customer_id])
        row = _invitation(customer_id, household_id, by.at)
        row.state, row.ended_at, row.why = State.DECLINED.value, by.at, "declined"
        row.save(update_fields=["state", "ended_at", "why"])


def set_sharing(customer_id: Id, *, shares: bool, by: By) -> None:
    """Put a member's points into the pool, or take them out; where all share, those in it stay in.

    Raises NotInOne or OwnAccount.
    """
    terms = read_settings().as_terms()
    with write_transaction():
        row = lock_joined(customer_id, by)
        row.shares = shares or (row.shares and terms.sharing is Sharing.ALL)
        row.is_own_yes = row.shares and (row.is_own_yes or (shares and by.is_own_hand))
        row.save(update_fields=["shares", "is_own_yes"])


def end_membership(row: HouseholdMember, *, why: str, at: datetime) -> Household:
    """End somebody's time in a household, under the locks of all who are in it; returns the household."""
    require_write_transaction()
    row.state, row.ended_at, row.why = State.LEFT.value, at, why
    row.save(update_fields=["state", "ended_at", "why"])
    household = _lock_row(row.household_id)
    rest = _joined(household.id)
    if not rest:
        # What they called themselves is personal; nobody is left to read it.
        household.ended_at, household.name = at, ""
        waiting = HouseholdMember.objects.filter(household_id=household.id, state=State.INVITED.value)
        waiting.update(state=State.DECLINED.value, ended_at=at, why="declined")
    elif household.head_id == row.customer_id:
        household.head_id = min(rest, key=lambda one: (one.joined_at or at, one.id)).customer_id
    household.save(update_fields=["ended_at", "head_id", "name"])
    _tell([(row.customer_id, HouseholdLeft(why))], household.id, at)
    return household


def make_head(customer_id: Id, *, by: By) -> None:
    """Let another member be the head. Raises NotInOne or OwnAccount."""
    with write_transaction():
        row = lock_joined(customer_id, by)
        Household.objects.filter(id=row.household_id).update(head_id=row.customer_id)


def lock_household(household_id: Id, *, also: Iterable[Id] = ()) -> tuple[Household, list[HouseholdMember]]:
    """Lock all who are in a household, and who `also`; returns it, and who is in it once they are locked.

    Who joined meanwhile is not locked, and left out. Raises UnknownHousehold for none, and for one that is
    over.
    """
    require_write_transaction()
    locked = _lock_people(household_id, also)
    household = Household.objects.filter(id=household_id, ended_at=None).first()
    if household is None:
        raise UnknownHousehold(household=show_id(household_id))
    return household, [one for one in _joined(household_id) if one.customer_id in locked]


def _lock_people(household_id: Id, also: Iterable[Id]) -> set[Id]:
    locked = {*(one.customer_id for one in _joined(household_id)), *also}
    lock_customers(locked)
    return locked


def lock_membership(customer_id: Id, *, also: Iterable[Id] = ()) -> HouseholdMember | None:
    """Lock somebody with all who are in their household, and who `also`; returns their time in it by then.

    None: they are in none, or have left while this waited.
    """
    require_write_transaction()
    row = membership_of(customer_id)
    if row is None:
        return None
    _lock_people(row.household_id, [customer_id, *also])
    return membership_of(customer_id)


def _lock_row(household_id: Id) -> Household:
    """Lock a household's own row, always after its people: whoever holds it waits for nobody."""
    return Household.objects.select_for_update().get(id=household_id)


def membership_of(customer_id: Id) -> HouseholdMember | None:
    """Return somebody's time in the household they are in now."""
    return HouseholdMember.objects.filter(customer_id=customer_id, state=State.JOINED.value).first()


def _joined(household_id: Id) -> list[HouseholdMember]:
    rows = HouseholdMember.objects.filter(household_id=household_id, state=State.JOINED.value)
    return list(rows.order_by("joined_at", "id"))


def _open_terms() -> Terms:
    terms = read_settings().as_terms()
    if not terms.is_open:
        raise HouseholdClosed()
    return terms


def _lock_one(customer_id: Id, by: By) -> Id:
    customer_id = resolve_merged([customer_id])[customer_id]
    require_not_own([customer_id], actor=by.actor)
    lock_customers([customer_id])
    return customer_id


def _lock_with(household_id: Id, customer_id: Id, by: By) -> Id:
    """Lock a household and somebody who would join it; returns who they are now."""
    customer_id = resolve_merged([customer_id])[customer_id]
    require_not_own([customer_id], actor=by.actor)
    lock_household(household_id, also=[customer_id])
    return customer_id


def lock_joined(customer_id: Id, by: By) -> HouseholdMember:
    """Lock the household somebody is in; returns their time in it. Raises NotInOne or OwnAccount."""
    customer_id = resolve_merged([customer_id])[customer_id]
    require_not_own([customer_id], actor=by.actor)
    row = membership_of(customer_id)
    if row is None:
        raise NotInOne()
    _household, joined = lock_household(row.household_id, also=[customer_id])
    now = next((one for one in joined if one.id == row.id), None)
    if now is None:
        raise NotInOne()
    return now


def _invitation(customer_id: Id, household_id: Id, at: datetime) -> HouseholdMember:
    row = HouseholdMember.objects.filter(
        customer_id=customer_id, household_id=household_id, state=State.INVITED.value,
        invited_at__gt=at - INVITED_FOR,
    ).first()  # fmt: skip
    if row is None:
        raise NotInvited()
    return row


def _require_member(customer_id: Id) -> None:
    if not Customer.objects.filter(customer_id=customer_id, kind=MEMBER).exists():
        raise NotAMember()


def _require_free(customer_id: Id, terms: Terms, at: datetime) -> None:
    """Refuse who is in a household, or has left one too lately to join another."""
    _require_member(customer_id)
    if membership_of(customer_id) is not None:
        raise InOneAlready()
    if not terms.rejoin_days:
        return
    left = HouseholdMember.objects.filter(
        customer_id__in=family_of(customer_id), why__in=("left", "removed"),
        ended_at__gt=at - timedelta(days=terms.rejoin_days),
    )  # fmt: skip
    last = left.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if last is not None:
        from_day = (last + timedelta(days=terms.rejoin_days)).astimezone(shop().tz).date()
        raise TooSoon(from_day=from_day.isoformat())


def _tell(told: list[tuple[Id, HouseholdJoined | HouseholdLeft]], household_id: Id, at: datetime) -> None:
    record_batch(
        [Draft(customer_id, payload, at, household_id) for customer_id, payload in told], recorded_at=at
    )
