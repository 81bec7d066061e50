"""Rights: what may be done. A role is a set of them, a key's scopes are some of them, a route needs one.

There is one list for people and for programs, so that the matrix of who may do what is read off one page.
"""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """Something that may be done; `area.verb`."""

    REPORTS_READ = "reports.read"
    MEMBERS_READ = "members.read"
    MEMBERS_WRITE = "members.write"
    MEMBERS_UNMASK = "members.unmask"
    MEMBERS_EXPORT = "members.export"
    MEMBERS_MERGE = "members.merge"
    MEMBERS_ERASE = "members.erase"
    REQUESTS_WRITE = "requests.write"
    CONSENTS_WRITE = "consents.write"
    POINTS_READ = "points.read"
    POINTS_SPEND = "points.spend"
    POINTS_ADJUST = "points.adjust"
    POINTS_GIFT = "points.gift"
    ORDERS_READ = "orders.read"
    ORDERS_WRITE = "orders.write"
    TILL_USE = "till.use"
    CATALOG_READ = "catalog.read"
    CATALOG_WRITE = "catalog.write"
    PROGRAMS_READ = "programs.read"
    PROGRAMS_WRITE = "programs.write"
    PROGRAMS_PUBLISH = "programs.publish"
    REWARDS_READ = "rewards.read"
    REWARDS_WRITE = "rewards.write"
    STAMPS_WRITE = "stamps.write"
    STORED_VALUE_READ = "stored_value.read"
    STORED_VALUE_SELL = "stored_value.sell"
    STORED_VALUE_WRITE = "stored_value.write"
    SEGMENTS_READ = "segments.read"
    SEGMENTS_WRITE = "segments.write"
    COUPONS_READ = "coupons.read"
    COUPONS_WRITE = "coupons.write"
    IMPORTS_WRITE = "imports.write"
    JOBS_READ = "jobs.read"
    JOBS_WRITE = "jobs.write"
    EVENTS_READ = "events.read"
    EVENTS_WRITE = "events.write"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_WRITE = "webhooks.write"
    KEYS_READ = "keys.read"
    KEYS_WRITE = "keys.write"
    STAFF_READ = "staff.read"
    STAFF_WRITE = "staff.write"
    APPROVALS_READ = "approvals.read"
    APPROVALS_DECIDE = "approvals.decide"
    ACCESS_LOG_READ = "access_log.read"
    ACCESS_LOG_REVIEW = "access_log.review"
    INCIDENTS_WRITE = "incidents.write"
    HEALTH_READ = "health.read"
    SETTINGS_WRITE = "settings.write"


class Role(StrEnum):
    """What a member of staff is here for."""

    OWNER = "owner"
    MARKETER = "marketer"
    AGENT = "agent"
    ANALYST = "analyst"
    STORE = "store"
    AUDITOR = "auditor"


R = Right
_LOOKING = frozenset(
    {
        R.REPORTS_READ,
        R.MEMBERS_READ,
        R.POINTS_READ,
        R.ORDERS_READ,
        R.CATALOG_READ,
        R.PROGRAMS_READ,
        R.REWARDS_READ,
        R.SEGMENTS_READ,
        R.COUPONS_READ,
        R.STORED_VALUE_READ,
    }
)
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MARKETER: _LOOKING
    | {
        R.PROGRAMS_WRITE, R.SEGMENTS_WRITE, R.COUPONS_WRITE, R.CATALOG_WRITE, R.IMPORTS_WRITE, R.JOBS_READ,
        R.PROGRAMS_WRITE, R.REWARDS_WRITE, R.SEGMENTS_WRITE, R.CATALOG_WRITE, R.IMPORTS_WRITE, R.JOBS_READ,
        R.EVENTS_READ, R.MEMBERS_EXPORT, R.STORED_VALUE_SELL, R.STORED_VALUE_WRITE,
    },
    Role.AGENT: _LOOKING
    | {
        R.MEMBERS_WRITE, R.MEMBERS_UNMASK, R.MEMBERS_MERGE, R.CONSENTS_WRITE, R.POINTS_ADJUST,
        R.POINTS_SPEND, R.ORDERS_WRITE, R.REQUESTS_WRITE, R.APPROVALS_READ, R.STAMPS_WRITE,
        R.STORED_VALUE_SELL, R.STORED_VALUE_WRITE,
    },
    Role.ANALYST: _LOOKING | {R.EVENTS_READ, R.JOBS_READ},
    Role.STORE: frozenset(
        {
            R.TILL_USE, R.MEMBERS_READ, R.MEMBERS_WRITE, R.CONSENTS_WRITE, R.POINTS_READ, R.POINTS_SPEND,
            R.ORDERS_READ, R.ORDERS_WRITE, R.CATALOG_READ, R.STAMPS_WRITE,
            R.STORED_VALUE_READ, R.STORED_VALUE_SELL,
        }
    ),
    Role.AUDITOR: _LOOKING
    | {
        R.ACCESS_LOG_READ, R.ACCESS_LOG_REVIEW, R.STAFF_READ, R.KEYS_READ, R.WEBHOOKS_READ, R.JOBS_READ,
        R.EVENTS_READ, R.HEALTH_READ, R.APPROVALS_READ,
    },
}  # fmt: skip
