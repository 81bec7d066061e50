"""What is held about one person, by all apps, in the order in which it is handed to them."""

from dangol.core.access.takeout import ACCESS
from dangol.core.commerce.takeout import ORDERS, RETURNS
from dangol.core.duties.notices import NOTICES
from dangol.core.duties.requests import REQUESTS
from dangol.core.ledger.takeout import BALANCES, LOTS, POINTS
from dangol.core.people.notes import NOTES
from dangol.core.people.takeout import (
    CONSENTS,
    GUARDIANS,
    HOLDS,
    IDENTITIES,
    MERGES,
    PROFILE,
    TIMELINE,
    Section,
)
from dangol.core.segments.takeout import SEGMENTS, TRAITS
from dangol.rooms.personalization.lists import PRODUCT_LISTS
from dangol.rooms.rewards.catalog.takeout import REDEMPTIONS
from dangol.rooms.rewards.coupons.takeout import COUPONS, ISSUES, USES
from dangol.rooms.rewards.event_rules.takeout import AWARDS, MARKS, REFUSALS
from dangol.rooms.rewards.households.takeout import MEMBERSHIPS, SHARES, SPENDINGS
from dangol.rooms.rewards.promotions.takeout import CONFIRMATIONS, DUES, PROMOTIONS, SALES
from dangol.rooms.rewards.referrals.takeout import CODES, FRIENDS, GIFTS, REFERRED
from dangol.rooms.rewards.stamps.takeout import CARDS, STAMPS
from dangol.rooms.rewards.stored_value.takeout import MOVES as STORED_MOVES, STORED
from dangol.rooms.rewards.takeout import CHANGES, STANDINGS, WHYS

SECTIONS: list[Section] = [
    PROFILE, TRAITS, SEGMENTS, PRODUCT_LISTS, GUARDIANS, IDENTITIES, CONSENTS, MERGES, HOLDS, NOTES,
    ORDERS, RETURNS, SALES, PROMOTIONS, CONFIRMATIONS, DUES, BALANCES, LOTS, POINTS, WHYS, STANDINGS, CHANGES,
    REDEMPTIONS, COUPONS, ISSUES, USES, CARDS, STAMPS, CODES, REFERRED, FRIENDS,
    GIFTS, AWARDS, REFUSALS, MARKS, STORED, STORED_MOVES, MEMBERSHIPS, SPENDINGS, SHARES, TIMELINE, ACCESS,
    REQUESTS, NOTICES,
]  # fmt: skip
