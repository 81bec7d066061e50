"""What happens is heard, and the days of the year are looked at: each in one transaction, once."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.events import CustomerErased
from dangol.core.people.merged import resolve_merged
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, find_shop
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.own_traits import BIRTHDAY, JOINED
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import delete_rows, insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.core.storage.walks import walk
from dangol.domain.calendars import day_of
from dangol.domain.event_rules import LATEST_TOLD, Trigger, deed_of_day
from dangol.rooms.rewards.event_rules.in_force import Live, load_live, of_days
from dangol.rooms.rewards.event_rules.judging import Told, judge_deeds, lock_rules, rules_asked
from dangol.rooms.rewards.event_rules.models import EventRuleDay, EventRuleMark, EventRuleRefusal
from dangol.rooms.rewards.event_rules.people import day_in
from dangol.rooms.rewards.event_rules.taking_back import Undone, find_undone, take_back
from dangol.rooms.rewards.event_rules.telling import read_deeds, take_new

_AT_ONCE = 500
_KEY = ("customer_id",)
_TRAITS = {Trigger.BIRTHDAY: BIRTHDAY, Trigger.ANNIVERSARY: JOINED}


def hear(events: Sequence[Recorded]) -> None:
    """Give what these events earn by the rules in force, and take back what was given for what they undo.

    Told again, whole or in part, it comes to the same. Inside a write transaction.
    """
    recorded_at = max(event.recorded_at for event in events)
    shop = find_shop()
    live = load_live(shop.tz) if shop else []
    names = frozenset(
        version.content.event
        for one in live
        for version in one.versions
        if version.content.trigger is Trigger.EVENT
    )
    told, undone = read_deeds(events, names), find_undone(events)
    _lock_all(events, told, undone, live)
    if told:
        judge_deeds(take_new(told), live, recorded_at=recorded_at)
    take_back(undone, at=recorded_at)


def _lock_all(events: Sequence[Recorded], told: Sequence[Told], undone: Undone, live: Sequence[Live]) -> None:
    """Lock all whom these events concern, then all their rules: else two might wait for each other."""
    roots = resolve_merged({one.customer_id for one in told})
    erased = {event.customer_id for event in events if isinstance(event.payload, CustomerErased)}
    lock_customers({*roots, *roots.values(), *undone.people, *erased})
    lock_rules({*rules_asked(told, live), *undone.rules})


def forget(events: Sequence[Recorded]) -> None:
    """Let go of what is kept of people who were erased but for their points: why they got none."""
    keys = [(event.customer_id,) for event in events if isinstance(event.payload, CustomerErased)]
    delete_rows(EventRuleRefusal, ("customer_id",), keys)
    delete_rows(EventRuleMark, ("customer_id",), keys)


def give_days(*, at: datetime, report: Callable[[int], None]) -> int:
    """Give what birthdays and anniversaries earn, today's and those of the last days if nobody looked then.

    Returns how many times something was given. Some hundred members at a time, each in a transaction of its
    own: killed at any point, what was given is given, and the rest follows. `report` is told how many members
    were looked at.
    """
    shop = find_shop()
    rules = of_days(load_live(shop.tz)) if shop else []
    if shop is None or not rules:
        return 0
    today = day_of(at, shop.tz)
    days = [today - timedelta(days=back) for back in reversed(range(LATEST_TOLD.days + 1))]
    done = set(EventRuleDay.objects.filter(day__gte=days[0]).values_list("rule_id", "day"))
    given = seen = 0
    for day in days:
        due = [
            one for one in rules
            if (one.id, day) not in done and day >= day_of(one.latest.rule.since, shop.tz)
        ]  # fmt: skip
        if not due:
            continue
        for rows in walk(Customer, _KEY, _KEY, size=_AT_ONCE, where=f"kind = '{MEMBER}'"):
            given += _give_day([owner for (owner,) in rows], day, due, shop.tz, at)
            seen += len(rows)
            report(seen)
        with write_transaction():
            rows_done = [(one.id, day, at) for one in due]
            insert_missing(EventRuleDay, ("rule_id", "day", "done_at"), rows_done)
    return given


def _give_day(owners: Sequence[Id], day: date, due: Sequence[Live], zone: ZoneInfo, at: datetime) -> int:
    """Give some members what a day earns them: one transaction, or none where it is nobody's day."""
    triggers = {one.latest.content.trigger for one in due}
    told = []
    traits = read_traits(owners, frozenset(_TRAITS[one] for one in triggers), as_of=at)
    for owner in owners:
        for trigger in sorted(triggers):
            since = day_in(traits.get(owner, {}).get(_TRAITS[trigger]), zone)
            deed = deed_of_day(trigger, day, since, zone, told_at=at) if since else None
            if deed is not None:
                told.append(Told(owner, sha256(deed.id.encode()).digest()[:16], deed))
    if not told:
        return 0
    with write_transaction():
        return judge_deeds(told, due, recorded_at=at)
