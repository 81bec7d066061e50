"""What people are told unasked: what their data are used for, once a year, and that they will be forgotten.

The yearly notice is 개인정보 보호법 §20의2 with its decree §15의3: from a million people on; a setting
sends it in smaller shops, too. The other is the shop's own policy: whoever has not been heard of for nearly
as long as `DANGOL_FORGET_AFTER_YEARS` says is told 30 days before. Each leaves by mail once, with its row, in
one transaction.

Who has no e-mail address cannot be told: of a forgetting that is written down, and the 30 days pass all
the same. Who has one while no mail server is set waits, is not forgotten, and counts as a duty that waits.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from dangol.core.duties.models import Notice, NoticeSweep
from dangol.core.events.models import Event
from dangol.core.events.services import lock_customers
from dangol.core.messaging.contents import AbsenceNotice, Content, UseNotice
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.identities import Kind as Name
from dangol.core.people.merged import absorbed_by
from dangol.core.people.models import Customer, Erasure, Identity
from dangol.core.people.opening import PLAIN, Opened, open_people
from dangol.core.people.retention import find_left, forget_left, kept_years
from dangol.core.people.selectors import CUSTOMER, MEMBER, ShopView, shop
from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.spaces import LIVE, current_space
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import day_of

BEFORE_FORGETTING = timedelta(days=30)
# Whoever has just joined has just been told.
JUST_JOINED = timedelta(days=30)
# People, from whom on the law demands the yearly notice.
LAW_FROM = 1_000_000
# Messages a run, so that they never stand long before a code somebody waits for.
PACE, PAGE = 500, 500
SWEPT_EACH = timedelta(hours=1)
DAYTIME = range(9, 20)
# Places in what is open of a person.
_KIND, _LANGUAGE = PLAIN.index("kind"), PLAIN.index("language")
_PROGRESS = ("after", "counting", "waiting", "since", "swept_at")


class NoticeKind(StrEnum):
    """What somebody is told of."""

    USE = "use"
    ABSENCE = "absence"


class _Sweep(NamedTuple):
    """A walk through those who are to be told, a page at a time."""

    kind: NoticeKind
    year: int
    shop: ShopView
    at: datetime
    is_carried: bool


def leave_notices(*, at: datetime) -> int:
    """Leave the notices that are due, 500 of a kind at most, by day in the shop; returns how many messages.

    It may be killed anywhere and run again: nobody is told twice in a year. Nothing leaves a test space.
    """
    view = shop()
    local = at.astimezone(view.tz)
    if current_space() != LIVE or local.hour not in DAYTIME:
        return 0
    carried = find_sender(EMAIL) is not None
    kinds = [
        kind
        for kind, is_on in ((NoticeKind.USE, is_use_told), (NoticeKind.ABSENCE, _is_forgetting))
        if is_on()
    ]
    NoticeSweep.objects.exclude(kind__in=kinds).filter(waiting__gt=0).update(waiting=0, since=None)
    return sum(_sweep(_Sweep(kind, local.year, view, at, carried)) for kind in kinds)


def is_use_told() -> bool:
    """Say whether the yearly notice is sent here: by the setting, or since there are a million people."""
    people = Customer.objects.filter(kind__in=(CUSTOMER, MEMBER))
    return bool(settings.USE_NOTICE) or people.count() >= LAW_FROM


def _is_forgetting() -> bool:
    return kept_years() is not None


def _sweep(sweep: _Sweep) -> int:
    state = NoticeSweep.objects.filter(kind=sweep.kind).first() or NoticeSweep(kind=sweep.kind)
    if state.after is None and state.swept_at and sweep.at - state.swept_at < SWEPT_EACH:
        return 0
    left = 0
    while left < PACE:
        page = _OWED[sweep.kind](sweep, state.after, min(PAGE, PACE - left))
        with write_transaction():
            told, skipped = _tell(sweep, page) if page else (0, 0)
            left += told
            state.counting += skipped
            state.after = page[-1] if page else None
            if not page:
                state.since = (state.since or sweep.at) if state.counting else None
                state.waiting, state.counting, state.swept_at = state.counting, 0, sweep.at
            changed = {name: getattr(state, name) for name in _PROGRESS}
            NoticeSweep.objects.update_or_create(kind=sweep.kind, defaults=changed)
        if not page:
            break
    return left


def _owed_use(sweep: _Sweep, after: Id | None, limit: int) -> list[Id]:
    members = Customer.objects.alias(began=Coalesce("joined_at", "created_at")).filter(
        Exists(Identity.objects.filter(customer_id=OuterRef("customer_id"), kind=Name.EMAIL)),
        ~Exists(Notice.objects.filter(customer_id=OuterRef("customer_id"), kind=sweep.kind, year=sweep.year)),
        kind=MEMBER, began__lt=sweep.at - JUST_JOINED,
    )  # fmt: skip
    page = members.filter(customer_id__gt=after) if after else members
    return list(page.order_by("customer_id").values_list("customer_id", flat=True)[:limit])


def _owed_absence(sweep: _Sweep, after: Id | None, limit: int) -> list[Id]:
    kept = kept_years()
    assert kept is not None, "nobody is forgotten here"
    before = sweep.at - kept + BEFORE_FORGETTING
    return find_left(
        before=before, as_of=sweep.at, limit=limit, after=after, but_for=lambda ids: _told(ids, by=sweep.at)
    )


_OWED: dict[NoticeKind, Callable[[_Sweep, Id | None, int], list[Id]]] = {
    NoticeKind.USE: _owed_use, NoticeKind.ABSENCE: _owed_absence,
}  # fmt: skip


def _tell(sweep: _Sweep, ids: Sequence[Id]) -> tuple[int, int]:
    """Tell those still owed it; returns how many messages were left, and how many wait for a mail server."""
    # The same lock as an erasure's: after it nobody leaves, or loses their key, under us.
    lock_customers(ids)
    people = _still_owed(sweep, ids)
    reachable = {one: person for one, person in people.items() if Name.EMAIL in person.texts}
    before = _told_before_merging(sweep, list(reachable))
    told = [one for one in reachable if one not in before] if sweep.is_carried else []
    untold = [
        one
        for one, person in people.items()
        if one not in reachable and not person.is_keyless and sweep.kind is NoticeKind.ABSENCE
    ]
    insert_missing(
        Notice,
        ("customer_id", "kind", "year", "at", "by_mail"),
        [
            (one, sweep.kind.value, sweep.year, sweep.at, one in reachable)
            for one in sorted([*told, *untold, *before])
        ],
    )
    leave_messages([_message(sweep, one, reachable[one]) for one in told], at=sweep.at)
    return len(told), len(reachable) - len(before) - len(told)


def _still_owed(sweep: _Sweep, ids: Sequence[Id]) -> dict[Id, Opened]:
    """Return those of these, opened, who are still here and still untold, now that they are locked."""
    gone = set(Erasure.objects.filter(customer_id__in=ids).values_list("customer_id", flat=True))
    rows = Notice.objects.filter(customer_id__in=ids, kind=sweep.kind, year=sweep.year)
    gone |= set(rows.values_list("customer_id", flat=True))
    people = open_people([one for one in ids if one not in gone], (), strict=False)
    kinds = (MEMBER,) if sweep.kind is NoticeKind.USE else (MEMBER, CUSTOMER)
    return {one: person for one, person in people.items() if person.plain[_KIND] in kinds}


def _told_before_merging(sweep: _Sweep, ids: Sequence[Id]) -> set[Id]:
    """Return who was told of the use this year as another customer, who has become part of them."""
    if sweep.kind is not NoticeKind.USE:
        return set()
    kept = {part: owner for owner, parts in absorbed_by(ids).items() for part in parts}
    rows = Notice.objects.filter(customer_id__in=kept, kind=sweep.kind, year=sweep.year, by_mail=True)
    return {kept[part] for part in rows.values_list("customer_id", flat=True)}


def _message(sweep: _Sweep, customer_id: Id, person: Opened) -> MessageDraft:
    view = sweep.shop
    content: Content = UseNotice(shop=view.name, year=str(sweep.year))
    if sweep.kind is NoticeKind.ABSENCE:
        day = day_of(sweep.at + BEFORE_FORGETTING, view.tz)
        content = AbsenceNotice(shop=view.name, day=day.isoformat(), years=settings.FORGET_AFTER_YEARS)
    language = person.plain[_LANGUAGE] or view.language
    key = f"notice-{sweep.kind.value}-{sweep.year}"
    return MessageDraft(person.texts[Name.EMAIL], content, language, customer_id=customer_id, key=key)


def _told(customer_ids: Sequence[Id], *, by: datetime) -> set[Id]:
    """Return who of these was told by then of being forgotten, and has not been heard of since."""
    heard = Event.objects.filter(customer_id=OuterRef("customer_id"), occurred_at__gte=OuterRef("at"))
    told = Notice.objects.filter(
        ~Q(Exists(heard)), customer_id__in=customer_ids, kind=NoticeKind.ABSENCE, at__lte=by
    )
    return set(told.values_list("customer_id", flat=True))


def forget_told(before: datetime, as_of: datetime) -> int:
    """Erase some of those not heard of since that instant and told so 30 days ago; returns how many."""
    by = as_of - BEFORE_FORGETTING
    return forget_left(before, as_of, but_for=lambda ids: set(ids) - _told(ids, by=by))


def waiting_notices() -> tuple[int, datetime | None]:
    """Return how many wait for a mail server, and until when to tell them: 30 days after the first did."""
    rows = NoticeSweep.objects.filter(waiting__gt=0).values_list("waiting", "since")
    found = [(waiting, since) for waiting, since in rows if since]
    due_at = min((since + BEFORE_FORGETTING for _waiting, since in found), default=None)
    return sum(waiting for waiting, _since in found), due_at


def _section(customer_ids: Sequence[Id]) -> list[Fact]:
    names = ("kind", "year", "at", "by_mail")
    return rows_of(Notice, names, customer_ids, order_by=("at", "kind"))


NOTICES = Section("notices", _section)
