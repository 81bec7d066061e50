"""The first program of a shop that has no orders: written anew as long as nobody has said anything else."""

from typing import Any

import pytest

from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import ShopKind
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure
from dangol.rooms.rewards import models
from dangol.rooms.rewards.contents import load_content
from dangol.rooms.rewards.drafts import change_draft, find_draft, publish_draft, start_draft
from dangol.rooms.rewards.first_program import AmountsWritten, follow_shop, make_first_program
from dangol.rooms.rewards.kinds import propose
from dangol.rooms.rewards.programs import find_program
from tests.rooms.rewards.edits import AT

pytestmark = pytest.mark.django_db(transaction=True)
THERE = ShopView("shop", "UTC", "USD", "US", "en", None, "", "")
HERE = THERE._replace(zone="Asia/Seoul", currency="KRW", region="KR", language="ko")


@pytest.fixture(autouse=True)
def made() -> None:
    """Make the first program of a shop elsewhere."""
    make_first_program(currency="USD", zone="UTC", language="en", recorded_at=AT)


def figures() -> tuple[str, str, str, list[int]]:
    running = find_program()
    tiers = load_content(running, at=AT).tiers
    return (
        running.row.money_currency, running.row.zone, tiers.levels[-1].name,
        [level.threshold for level in tiers.levels],
    )  # fmt: skip


def draft_kind(kind: str) -> None:
    draft = start_draft(find_program().id, begun_by="owner", at=AT)
    proposed = propose(ShopKind(kind), draft.published, currency="USD")
    change_draft(draft.program_id, proposed, revision=1, changed_by="owner", at=AT)


def test_program__nobody_has_touched__is_written_anew() -> None:
    follow_shop(THERE, HERE, at=AT)

    assert figures() == ("KRW", "Asia/Seoul", "골드", [0, 300_000, 1_000_000])


@pytest.mark.parametrize("kind", ["", "cafe", "other"])
def test_draft__the_setup_has_proposed__is_proposed_anew(kind: str) -> None:
    if kind:
        draft_kind(kind)
    else:
        start_draft(find_program().id, begun_by="owner", at=AT)
    seen = find_draft(find_program().id, at=AT)

    follow_shop(THERE._replace(kind=kind), HERE._replace(kind=kind), at=AT)

    assert figures() == ("KRW", "Asia/Seoul", "골드", [0, 300_000, 1_000_000])
    draft = find_draft(find_program().id, at=AT)
    wanted = propose(ShopKind(kind), draft.published, currency="KRW") if kind else draft.published
    assert (draft.content, draft.is_outdated, draft.begun_by) == (wanted, False, "owner")
    assert draft.revision > seen.revision


def test_draft__of_somebody_s_own__keeps_the_currency() -> None:
    draft_kind("cafe")

    with pytest.raises(AmountsWritten):
        follow_shop(THERE._replace(kind="clinic"), HERE._replace(kind="clinic"), at=AT)

    assert figures() == ("USD", "UTC", "Gold", [0, 50_000, 200_000])


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        (models.TierRules, {"measure": Measure.POINTS}),
        (models.TierRules, {"window_size": 180}),
        (models.TierRules, {"grace_days": 0}),
        (models.Terms, {"expiry": Expiry.NEVER, "expiry_count": 0}),
        (models.Terms, {"pending_days": 14}),
        (models.EarningRule, {"rounding": "up"}),
        (models.Program, {"name": "Ours"}),
    ],
)
def test_program__somebody_has_changed__keeps_its_amounts(table: Any, changed: dict[str, Any]) -> None:
    table.objects.update(**changed)

    with pytest.raises(AmountsWritten):
        follow_shop(THERE, HERE, at=AT)
    follow_shop(THERE, HERE._replace(currency="USD"), at=AT)

    assert figures() == ("USD", "Asia/Seoul", "Gold", [0, 50_000, 200_000])


def test_program__the_setup_s_draft_was_published_of__keeps_its_amounts_until_told() -> None:
    draft_kind("cafe")
    program_id = find_program().id
    publish_draft(program_id, revision=2, at=AT, recorded_at=AT, published_by="owner")
    before, after = THERE._replace(kind="cafe"), HERE._replace(kind="cafe")

    with pytest.raises(AmountsWritten):
        follow_shop(before, after, at=AT)
    follow_shop(before, after, at=AT, keeps_amounts=True)

    assert figures() == ("KRW", "Asia/Seoul", "Gold", [0, 10_000, 30_000])


def test_program__in_another_currency_than_the_shop_s__is_left_in_it_where_that_stays() -> None:
    models.Program.objects.update(money_currency="EUR", name="Ours")

    follow_shop(THERE, HERE._replace(currency="USD"), at=AT)

    assert figures()[:2] == ("EUR", "Asia/Seoul")
