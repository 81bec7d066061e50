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
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.event_rules import LATEST_TOLD, Trigger, deed_of_day
from dangol.rooms.rewards.event_rules.in_force import Live, load_live, of_days, triggers_of
from dangol.rooms.rewards.event_rules.judging import Told, judge_deeds, lock_rules
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
    since = min(min(event.occurred_at, event.recorded_at) for event in events)
    shop = find_shop()
    live = load_live(shop.tz, since=since) if shop else []
    told, undone = read_deeds(events, _names_of(live)), find_undone(events)
    _lock_all(events, told, undone)
    if shop and told:
        # As they are under their locks: one that was paused while this waited is seen to rest.
        judge_deeds(take_new(told), load_live(shop.tz, since=since), recorded_at=recorded_at)
    take_back(undone, at=recorded_at)


def _names_of(live: Sequence[Live]) -> frozenset[str]:
    """Return the events that some version of these rules pays for, and that are paid at all."""
    contents = [version.content for one in live for version in one.versions]
    return frozenset(one.event for one in contents if one.trigger is Trigger.EVENT and one.is_paid)


def _lock_all(events: Sequence[Recorded], told: Sequence[Told], undone: Undone) -> None:
    """Lock all whom these events concern, then the rules: else two might wait for each other."""
    roots = resolve_merged({one.customer_id for one in told})
    erased = {event.customer_id for event in events if isinstance(event.payload, CustomerErased)}
    lock_customers({*roots, *roots.values(), *undone.people, *erased})
    if told or undone.keys:
        lock_rules(undone.rules)


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
    if shop is None:
        return 0
    today = day_of(at, shop.tz)
    days = [today - timedelta(days=back) for back in reversed(range(LATEST_TOLD.days + 1))]
    rules = of_days(load_live(shop.tz, since=start_of_day(days[0], shop.tz)))
    done = set(EventRuleDay.objects.filter(day__gte=days[0]).values_list("rule_id", "day"))
    given = seen = 0
    for day in days:
        due = [one for one in rules if (one.id, day) not in done and one.is_due(day, at, shop.tz)]
        if not due:
            continue
        for rows in walk(Customer, _KEY, _KEY, size=_AT_ONCE, where=f"kind = '{MEMBER}'"):
            given += _give_day([owner for (owner,) in rows], day, due, shop.tz, at)
            seen += len(rows)
            report(seen)
        _note_day(day, due, shop.tz, at)
    return given


def _give_day(owners: Sequence[Id], day: date, due: Sequence[Live], zone: ZoneInfo, at: datetime) -> int:
    """Give some members what a day earns them: one transaction, or none where it is nobody's day."""
    triggers = {trigger for one in due for trigger in triggers_of(one)}
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
    asked = {one.id for one in due}
    with write_transaction():
        roots = resolve_merged({one.customer_id for one in told})
        lock_customers({*roots, *roots.values()})
        lock_rules()
        live = of_days(load_live(zone, since=start_of_day(day, zone)))
        return judge_deeds(told, [one for one in live if one.id in asked], recorded_at=at)


def _note_day(day: date, due: Sequence[Live], zone: ZoneInfo, at: datetime) -> None:
    """Note that everybody was looked at for these rules; not for one that rested a while meanwhile, or was
    changed so that it begins later that day.
    """
    with write_transaction():
        lock_rules()
        live = load_live(zone, since=at)
        awake = {one.id for one in live if not one.rests and one.is_due(day, at, zone)}
        rows = [(one.id, day, at) for one in due if one.id in awake]
        insert_missing(EventRuleDay, ("rule_id", "day", "done_at"), rows)
