"""Portions: which points of an order wait and lapse together, and how a correction turns some into others."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from dangol.domain.accrual import Expiry, OwnTerms, Part, Terms
from dangol.domain.portions import Portion, corrected_portions, portions_of, taken_portions

ZONE = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 3, 10, 3, tzinfo=UTC)  # noon in Seoul
TERMS = Terms(ZONE, 14, Expiry.ROLLING_MONTHS, 12)
OWN = {(b"fresh", 1): OwnTerms(0, Expiry.ROLLING_DAYS, 30), (b"gift", 1): OwnTerms(expiry=Expiry.NEVER)}


def midnight(year: int, month: int, day: int) -> datetime:
    """Return the first instant of a day in Seoul."""
    return datetime(year, month, day, tzinfo=ZONE).astimezone(UTC)


def part(rule: bytes, points: int) -> Part:
    """Return a part that came to so many points."""
    return Part(rule, 1, points * 100, 1, 100, 1, 1, "down", points)


def test_portions_of__rules_with_own_terms__each_its_own_and_the_rest_together() -> None:
    parts = [part(b"base", 60), part(b"fresh", 40), part(b"extra", 5), part(b"gift", 7)]

    portions = portions_of(parts, OWN, TERMS, AT)

    assert portions == [
        Portion(None, 65, midnight(2026, 3, 24), midnight(2027, 3, 11)),
        Portion((b"fresh", 1), 40, AT, midnight(2026, 4, 10)),
        Portion((b"gift", 1), 7, midnight(2026, 3, 24), datetime.max.replace(tzinfo=UTC)),
    ]


def test_portions_of__tier_lets_them_last_longer__whatever_they_are_counted_by() -> None:
    longer = TERMS._replace(extra_months=6)

    (rolling, days) = portions_of([part(b"base", 60), part(b"fresh", 40)], OWN, longer, AT)
    (month,) = portions_of(
        [part(b"base", 1)], {}, longer._replace(expiry=Expiry.END_OF_MONTH, expiry_count=0), AT
    )
    (year,) = portions_of(
        [part(b"base", 1)], {}, longer._replace(expiry=Expiry.END_OF_YEAR, expiry_count=0), AT
    )

    assert rolling.expires_at == midnight(2027, 9, 11)
    assert days.expires_at == midnight(2026, 10, 10)  # 9 April and six months
    assert month.expires_at == midnight(2026, 10, 1)
    assert year.expires_at == midnight(2027, 7, 1)


def test_taken_portions__goods_of_one_rule__takes_of_its_portion_alone() -> None:
    before = [part(b"base", 60), part(b"fresh", 40), part(b"gift", 0)]
    after = [part(b"base", 60), part(b"fresh", 15), part(b"gift", 0)]

    assert taken_portions(before, after, OWN, AT) == [Portion((b"fresh", 1), -25, AT, AT)]


def test_corrected_portions__more_points_with_the_same_dates__the_difference() -> None:
    was, will_be = (portions_of([part(b"base", points)], OWN, TERMS, AT) for points in (40, 60))

    assert corrected_portions(was, will_be) == [will_be[0]._replace(points=20)]


def test_corrected_portions__other_dates__too_much_first_then_moved_whole() -> None:
    (was,) = portions_of([part(b"base", 60)], OWN, TERMS, AT)
    (will_be,) = portions_of([part(b"base", 40)], OWN, TERMS._replace(extra_months=6), AT)

    assert corrected_portions([was], [will_be]) == [
        was._replace(points=-20),
        was._replace(points=-40, is_moved=True),
        will_be,
    ]


stands = st.dictionaries(st.sampled_from([b"base", b"fresh", b"gift", b"extra"]), st.integers(0, 50))


@given(before=stands, after=stands, months=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_corrected_portions__any__leave_what_is_wanted_in_lots_of_the_right_dates(
    before: dict[bytes, int], after: dict[bytes, int], months: tuple[int, int]
) -> None:
    was, will_be = (
        portions_of([part(*one) for one in parts.items()], OWN, TERMS._replace(extra_months=extra), AT)
        for parts, extra in zip((before, after), months, strict=True)
    )
    stands_in: Counter[tuple[object, ...]] = Counter({one[:1] + one[2:4]: one.points for one in was})

    corrections = corrected_portions(was, will_be)

    for one in corrections:
        assert one.points != 0
        stands_in[one[:1] + one[2:4]] += one.points
        assert min(stands_in.values()) >= 0, "nothing is taken that is not there"
    assert +stands_in == Counter({one[:1] + one[2:4]: one.points for one in will_be})
    let_go = -sum(one.points for one in corrections if one.points < 0 and not one.is_moved)
    assert let_go == sum(
        max(one.points - {new.source: new.points for new in will_be}.get(one.source, 0), 0) for one in was
    )
