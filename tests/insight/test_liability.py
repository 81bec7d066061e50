"""Points outstanding: Mack's published triangle, the standard's own example, and lots worked by hand."""

from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from dangol.domain.calendars import add_months
from dangol.domain.deferral import allocated_to_points, recognized
from dangol.domain.errors import DomainError
from dangol.insight.chain_ladder import chain_ladder
from dangol.insight.liability import Liability, points_liability
from dangol.insight.lifetime.refusals import NoMaximum, NotEnoughData
from dangol.insight.refusals import ColumnsMissing, LotsOverdrawn, ValuesMissing
from tests.insight.journey import rows_of

# Taylor and Ashe (1983), the triangle of Mack (1993), table 1.
CLAIMS = [
    [357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463],
    [352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085],
    [290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315],
    [310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268],
    [443160, 1136350, 2128333, 2897821, 3402672, 3873311],
    [396132, 1333217, 2180715, 2985752, 3691712],
    [440832, 1288463, 2419861, 3483130],
    [359480, 1421128, 2864498],
    [376686, 1363294],
    [344014],
]
RESERVES = [0, 94634, 469511, 709638, 984889, 1419459, 2177641, 3920301, 4278972, 4625811]
ERRORS = [0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155]
START, END = date(2025, 1, 1), date(2025, 12, 31)
SPENT = [0.3, 0.2, 0.1, 0.05]


def test_chain_ladder__mack_s_triangle__is_what_he_published() -> None:
    triangle = np.full((10, 10), np.nan)
    for place, row in enumerate(CLAIMS):
        triangle[place, : len(row)] = row

    ladder = chain_ladder(triangle)

    reserves = ladder.ultimate - [row[-1] for row in CLAIMS]
    assert np.rint(reserves).tolist() == RESERVES
    assert reserves.sum() == pytest.approx(18_680_856, abs=1)
    assert np.rint(ladder.errors).tolist() == ERRORS
    assert ladder.total_error == pytest.approx(2_447_095, abs=1)


def test_recognized__the_loyalty_program_of_ifrs_15__is_example_52() -> None:
    """A sale of 100,000 earns 10,000 points of 1 each; 9,500, later 9,700 are expected to be spent."""
    allocated = allocated_to_points(
        price_minor=100_000, points=10_000, expected_spent=9_500, point_value=Fraction(1)
    )

    first = recognized(allocated_minor=allocated, spent=4_500, expected_spent=9_500)
    second = recognized(allocated_minor=allocated, spent=8_500, expected_spent=9_700)

    assert allocated == 8_676
    assert (first, allocated - first) == (4_110, 4_566)
    assert (second - first, allocated - second) == (3_493, 1_073)


def tables(
    lots: list[tuple[str, date, int]], movements: list[tuple[str, date, str, int]]
) -> tuple[ibis.Table, ibis.Table]:
    """Return lots and movements as tables."""
    day, points = pa.date32(), pa.int64()
    held = [pa.field("lot", pa.string()), pa.field("issued_on", day), pa.field("points", points)]
    moved = [pa.field("lot", pa.string()), pa.field("on", day), pa.field("kind", pa.string())]
    rows: list[tuple[list[Any], list[Any]]] = [
        (lots, held),
        (movements, [*moved, pa.field("points", points)]),
    ]
    one, other = (
        ibis.memtable(
            pa.Table.from_pylist(
                [dict(zip([field.name for field in fields], row, strict=True)) for row in table],
                schema=pa.schema(fields),
            )
        )
        for table, fields in rows
    )
    return one, other


def program() -> tuple[list[tuple[str, date, int]], list[tuple[str, date, str, int]]]:
    """Return a year of 20 lots of 1,000 points a month, spent by SPENT and expired after eight months."""
    lots, movements = [], []
    for month in range(12):
        for number in range(20):
            born, lot = add_months(START, month), f"{month:02}-{number:02}"
            lots.append((lot, born, 1_000))
            for age, share in enumerate(SPENT):
                if (on := add_months(born, age)) <= END:
                    movements.append((lot, on, "spent", round(share * 1_000)))
            if (on := add_months(born, 8)) <= END:
                movements.append((lot, on, "expired", 350))
    return lots, movements


def liability(as_of: date = END, *, months: int | None = None) -> Liability:
    return points_liability(*tables(*program()), as_of=as_of, point_value=Fraction(1, 2), months=months)


def test_points_liability__every_month_alike__expects_what_each_month_came_to() -> None:
    found = liability()

    rows = rows_of(found.by_month, "month")
    # In the end 35 % of each month's 20,000 are left: of the oldest four these have expired.
    assert [row["outstanding"] for row in rows] == [0] * 4 + [7_000] * 5 + [8_000, 10_000, 14_000]
    assert [row["breakage"] for row in rows] == [0] * 4 + [7_000] * 8
    assert [row["deferred_minor"] for row in rows] == [0] * 9 + [500, 1_500, 3_500]
    assert [row["age_months"] for row in rows] == list(range(11, -1, -1))
    (totals,) = found.totals.to_pyarrow().to_pylist()
    assert totals == {
        "outstanding": 67_000, "breakage": 56_000, "breakage_low": 56_000, "breakage_high": 56_000,
        "deferred_minor": 5_500, "deferred_low_minor": 5_500, "deferred_high_minor": 5_500, "lots": 240,
    }  # fmt: skip


def test_points_liability__its_curve__stands_beside_the_second_model() -> None:
    rows = rows_of(liability().curve, "age_months")

    assert [round(row["unspent"], 9) for row in rows[:6]] == [1, 0.7, 0.5, 0.4, 0.35, 0.35]
    assert max(abs(row["unspent"] - row["unspent_sbg"]) for row in rows) < 0.12


def test_points_liability__a_day_within_a_month__takes_the_months_that_are_over() -> None:
    rows = rows_of(liability(date(2025, 12, 15)).by_month, "month")

    # December's points are known at issue, all others up to November.
    assert rows[-1]["outstanding"] == 14_000
    assert rows[-1]["breakage"] == 7_000


def test_points_liability__points_that_live_longer_than_known__are_spent_further() -> None:
    plain, longer = (rows_of(liability(months=months).totals, "lots")[0] for months in (None, 36))

    assert longer["breakage"] < plain["breakage"]
    assert longer["deferred_minor"] > plain["deferred_minor"]


def test_points_liability__nothing_was_ever_spent__has_no_second_model_and_says_so_where_needed() -> None:
    lots = [(str(one), add_months(START, one % 12), 10) for one in range(120)]

    found = points_liability(*tables(lots, []), as_of=END, point_value=Fraction(1))

    assert {row["unspent_sbg"] for row in rows_of(found.curve, "age_months")} == {None}
    assert rows_of(found.totals, "lots")[0]["breakage"] == 1_200
    with pytest.raises(NoMaximum):
        points_liability(*tables(lots, []), as_of=END, point_value=Fraction(1), months=36)


def test_points_liability__months_that_differ__have_an_interval() -> None:
    lots, movements = program()
    uneven = [(lot, on, kind, points - 50 * (int(lot[:2]) % 3 == 0)) for lot, on, kind, points in movements]

    found = points_liability(*tables(lots, uneven), as_of=END, point_value=Fraction(1))

    (totals,) = found.totals.to_pyarrow().to_pylist()
    assert totals["breakage_low"] < totals["breakage"] < totals["breakage_high"] <= totals["outstanding"]
    assert totals["deferred_low_minor"] < totals["deferred_minor"] < totals["deferred_high_minor"]
    assert totals["deferred_minor"] == totals["outstanding"] - totals["breakage"]


def test_points_liability__points_taken_back_or_put_back__are_as_if_never_earned_or_spent() -> None:
    lots, movements = program()
    more = [("11-00", date(2025, 12, 20), "returned", 700), ("11-01", date(2025, 12, 20), "spent", -300)]

    found = points_liability(*tables(lots, [*movements, *more]), as_of=END, point_value=Fraction(1))

    last = rows_of(found.by_month, "month")[-1]
    assert (last["returned"], last["spent"], last["outstanding"]) == (700, 5_700, 13_600)


LOT = ("11-00", date(2025, 12, 20))


@pytest.mark.parametrize(
    ("lots", "movements", "refusal", "facts"),
    [
        ([("11-00", START, 5)], [], ValuesMissing, {"table": "lots", "rows": 1}),
        ([("new", START, 0)], [], ValuesMissing, {"table": "lots", "rows": 1}),
        ([], [("nobody", END, "spent", 5)], ValuesMissing, {"table": "movements", "rows": 1}),
        ([], [(*LOT, "burnt", 5)], ValuesMissing, {"table": "movements", "rows": 1}),
        ([], [(*LOT, "expired", -5)], ValuesMissing, {"table": "movements", "rows": 1}),
        ([], [("11-00", START, "spent", 5)], ValuesMissing, {"table": "movements", "rows": 1}),
        ([], [(*LOT, "spent", 701)], LotsOverdrawn, {"lots": 1}),
        ([], [(*LOT, "spent", -301)], LotsOverdrawn, {"lots": 1}),
    ],
)
def test_points_liability__tables_that_cannot_be__are_refused(
    lots: list[tuple[str, date, int]],
    movements: list[tuple[str, date, str, int]],
    refusal: type[DomainError],
    facts: dict[str, object],
) -> None:
    held, moved = program()

    with pytest.raises(refusal) as refused:
        points_liability(*tables([*held, *lots], [*moved, *movements]), as_of=END, point_value=Fraction(1))

    assert facts.items() <= refused.value.data.items()


def test_points_liability__too_little__says_what_is_needed() -> None:
    held, moved = tables(*program())

    for as_of, what in ((date(2025, 3, 31), "lots"), (date(2024, 1, 1), "lots")):
        with pytest.raises(NotEnoughData) as refused:
            points_liability(held, moved, as_of=as_of, point_value=Fraction(1))

        assert refused.value.data["what"] == what
    many = tables([(str(one), date(2025, 11, 1), 5) for one in range(100)], [])
    with pytest.raises(NotEnoughData):
        points_liability(*many, as_of=END, point_value=Fraction(1))
    with pytest.raises(ColumnsMissing):
        points_liability(held.drop("points"), moved, as_of=END, point_value=Fraction(1))
