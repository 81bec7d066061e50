"""When members were in the segments that levels are for, as the timeline tells."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta

from dangol.core.events.models import SEGMENT_MOVES, Event
from dangol.core.events.payloads import decode
from dangol.core.segments.events import SegmentEntered, SegmentLeft
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.tiers import Stay, Stays

# Written out, not as parameters: so both databases see that the index over these alone will do.
_IS_MOVE = "t.name IN ({})".format(", ".join(f"'{name}'" for name in SEGMENT_MOVES))
# Who comes in by a purchase does so at its instant: what they bought was bought by a stranger.
_JUST_AFTER = timedelta(microseconds=1)


def stays_of(gates: Collection[str], customer_ids: Iterable[Id]) -> dict[Id, Stays]:
    """Return when these customers were in these segments, earliest first.

    One statement, and none where there are no gates.
    """
    if not gates:
        return {}
    rows = select_matching(
        Event,
        ("customer_id", "customer_seq", "name", "occurred_at", "payload"),
        ("customer_id",),
        [(one,) for one in sorted(set(customer_ids))],
        where=_IS_MOVE,
    )
    found: dict[Id, dict[str, list[Stay]]] = defaultdict(lambda: defaultdict(list))
    for customer_id, _, name, at, payload in sorted(rows, key=lambda row: row[:2]):
        told = decode(name, payload)
        assert isinstance(told, SegmentEntered | SegmentLeft)
        if told.segment not in gates:
            continue
        stays = found[customer_id][told.segment]
        if name == SegmentEntered.event:
            stays.append(Stay(at + _JUST_AFTER))
        elif stays and stays[-1].until is None:
            stays[-1] = stays[-1]._replace(until=at + _JUST_AFTER)
    return dict(found)
