"""Who reacts to events, and which of them while the recorder waits.

The order of INLINE is stored: each event notes which inline consumers have had it, as a bit by place.
So new ones are added at the end, and none is ever removed or moved.
"""

from dangol.core.access.members.consumers import END_SESSIONS
from dangol.core.commerce.days import DAYS
from dangol.core.events.consumers import Consumer
from dangol.core.events.webhooks.consumers import FAN_OUT
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS as MOVE_POINTS, RECEIVE_GIFTS
from dangol.core.messaging.consumers import FORGET_ERASED
from dangol.core.segments.consumers import FOLLOW as WATCH, FORGET_ERASED as FORGET_TRAITS
from dangol.core.segments.telling import STORE_TOLD
from dangol.rooms.personalization.lists import FORGET_ERASED as FORGET_LISTS
from dangol.rooms.rewards.catalog.consumers import CLOSE_VOUCHERS
from dangol.rooms.rewards.consumers import ACCRUE, FOLLOW_CUSTOMERS as JUDGE_AS_ONE, OPEN_REACHED
from dangol.rooms.rewards.event_rules.consumers import FOLLOW as FOLLOW_EVENT_RULES
from dangol.rooms.rewards.gates import FOLLOW_SEGMENTS
from dangol.rooms.rewards.households.consumers import FOLLOW as FOLLOW_HOUSEHOLDS
from dangol.rooms.rewards.referrals.consumers import FOLLOW as FOLLOW_REFERRALS
from dangol.rooms.rewards.stamps.consumers import FOLLOW as FOLLOW_STAMPS
from dangol.rooms.rewards.stored_value.consumers import FOLLOW as FOLLOW_STORED_VALUE

INLINE: list[Consumer] = [ACCRUE, JUDGE_AS_ONE, OPEN_REACHED]
BY_CURSOR: list[Consumer] = [
    RECEIVE_GIFTS,
    FAN_OUT,
    MOVE_POINTS,
    END_SESSIONS,
    FORGET_ERASED,
    WATCH,
    FORGET_TRAITS,
    FORGET_LISTS,
    DAYS,
    STORE_TOLD,
    CLOSE_VOUCHERS,
    FOLLOW_STAMPS,
    FOLLOW_REFERRALS,
    FOLLOW_STORED_VALUE,
    FOLLOW_EVENT_RULES,
    FOLLOW_HOUSEHOLDS,
    FOLLOW_SEGMENTS,
]
