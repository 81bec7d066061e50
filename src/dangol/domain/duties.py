"""When the law wants something done: months to be reviewed, requests to be answered, leaks to be told.

Act: 개인정보 보호법; decree: its 시행령. What is counted here is the latest instant that is still in time.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, start_of_day

# Decree §41④, §43③, §44②: ten days from the day of the request, which itself is not counted (민법 §157).
ANSWER_DAYS = 10
# Decree §39① and §40①.
TOLD_WITHIN = timedelta(hours=72)
# Decree §40①: from so many people on the authority is told, too.
REPORTED_FROM = 1_000
# Act §22의2: below this age a guardian consents.
OF_AGE_FROM = 14
# The cycle is the shop's own to set (standard §8②); ours is a month, and these days to sign for it.
SIGN_DAYS = 10
# Further back nobody is asked to sign: the shop has run without reviews for a year by then.
MONTHS_BACK = 12


def answer_by(came_on: date, zone: ZoneInfo) -> datetime:
    """Return when the time to answer a request of that day is over, exclusive."""
    return start_of_day(came_on + timedelta(days=ANSWER_DAYS + 1), zone)


def tell_by(known_at: datetime) -> datetime:
    """Return when those whose data leaked must have been told at the latest."""
    return known_at + TOLD_WITHIN


def is_reported(*, people: int | None, is_sensitive: bool, is_attack: bool) -> bool:
    """Say whether a leak is to be reported to the authority: an unknown number of people may be many."""
    return people is None or people >= REPORTED_FROM or is_sensitive or is_attack


def past_months(first: date, today: date) -> Iterator[date]:
    """Yield the first day of each month that is over, from the month of `first` on, the latest first.

    At most a year of them.
    """
    month = today.replace(day=1)
    for _ in range(MONTHS_BACK):
        month = add_months(month, -1)
        if month < first.replace(day=1):
            return
        yield month


def sign_by(month: date, zone: ZoneInfo) -> datetime:
    """Return when the review of a month is overdue, exclusive."""
    return start_of_day(add_months(month, 1) + timedelta(days=SIGN_DAYS), zone)


def age_on(birthday: date, today: date) -> int:
    """Return how old somebody is: a year older from the day itself on; of 29 February from 1 March on."""
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


def needs_guardian(birthday: date | None, today: date) -> bool:
    """Say whether a guardian has to consent for whoever was born on that day."""
    return birthday is not None and age_on(birthday, today) < OF_AGE_FROM
