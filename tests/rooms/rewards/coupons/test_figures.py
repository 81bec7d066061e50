"""How codes stand, in numbers, and as lists of batches are searched."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dangol.core.storage.ids import new_id, random_id
from dangol.core.tasks.models import Job, State
from dangol.rooms.rewards.coupons.batches import block_batch, fill_batch, resume_batch
from dangol.rooms.rewards.coupons.figures import Stand, Worn, stand_of, uses_by_day, worn_of
from dangol.rooms.rewards.coupons.holding import block_code, issue
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch
from dangol.rooms.rewards.coupons.selectors import (
    BatchQuery,
    count_free,
    find_batch,
    find_job,
    list_free,
    search_batches,
)
from dangol.rooms.rewards.coupons.services import give_back, take
from tests.rooms.rewards.coupons.shop import AT, DAY, PROMOTION, SORA, batch, codes_of, generic

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("uses", [1, None])
def test_stand_of__codes_of_each_kind__counts_each_once(uses: int | None) -> None:
    batch_id = batch(code_count=6, uses_per_code=uses, active_to=AT + DAY)
    me = random_id()
    own = issue(batch_id, me, "k", at=AT)
    used, worn, shut, *_ = (one for one in codes_of(batch_id) if one != own)
    take([used, worn], customer_id=me, sale_id=new_id(), at=AT)
    for one in (worn, shut):
        block_code(one, actor=SORA, at=AT)

    stand = stand_of(batch_id)

    assert stand == Stand(used=2, blocked=1, held=1, free=2, uses=2, handed_out=1)
    assert (stand.made, worn_of([find_batch(batch_id)])) == (6, {batch_id: Worn(used=2, blocked=2)})
    view = find_batch(batch_id)
    assert [stand.expired(view, at) for at in (AT, AT + DAY)] == [0, 3]


def test_stand_of__given_back__is_unused_again() -> None:
    batch_id, me, sale = batch(code_count=1), random_id(), new_id()
    take(codes_of(batch_id), customer_id=me, sale_id=sale, at=AT)
    give_back(customer_id=me, sale_id=sale, at=AT)

    assert stand_of(batch_id) == Stand(0, 0, 0, 1, 0, 0)
    assert uses_by_day(batch_id, since=AT - DAY, zone=ZoneInfo("UTC")) == {}


def test_uses_by_day__around_midnight__are_on_the_shops_day() -> None:
    code = generic(uses_per_code=None)
    batch_id = CouponBatch.objects.get().id
    for hour in (14, 15, 16):
        take([code], customer_id=random_id(), sale_id=new_id(), at=datetime(2026, 3, 1, hour, tzinfo=UTC))

    found = uses_by_day(batch_id, since=AT - DAY, zone=ZoneInfo("Asia/Seoul"))

    assert found == {date(2026, 3, 1): 1, date(2026, 3, 2): 2}


def test_search_batches__by_each_thing__finds_what_is_meant() -> None:
    other = new_id()
    spring = batch(name="봄 Spring", active_to=AT + 3 * DAY)
    summer = batch(BatchKind.IMPORTED, name="여름", promotion_id=other, active_to=AT - DAY)
    winter = batch(name="겨울")
    block_batch(winter, actor=SORA, at=AT)

    def found(query: BatchQuery) -> list[bytes]:
        return [one.id for one in search_batches(query, at=AT)]

    assert found(BatchQuery()) == [winter, summer, spring]
    assert found(BatchQuery(text="sPRing")) == [spring]
    assert found(BatchQuery(kind="imported")) == found(BatchQuery(promotion_id=other)) == [summer]
    assert found(BatchQuery(kind="unique", promotion_id=PROMOTION)) == [winter, spring]
    states = [found(BatchQuery(state=one)) for one in ("open", "soon", "blocked", "over")]
    assert states == [[spring], [spring], [winter], [summer]]
    assert [one.id for one in search_batches(BatchQuery(), at=AT, before=summer)] == [spring]


def test_list_free__page_by_page__is_each_free_code_once() -> None:
    batch_id = batch(code_count=7)
    own = issue(batch_id, random_id(), "k", at=AT)
    gone = next(one for one in codes_of(batch_id) if one != own)
    block_code(gone, actor=SORA, at=AT)

    first = list_free(batch_id, limit=3)
    rest = list_free(batch_id, after=first[-1][0], limit=3)

    shown = [one for _, one in first + rest]
    assert sorted(shown) == sorted(set(codes_of(batch_id)) - {own, gone})
    assert (count_free(batch_id), count_free(batch_id, up_to=first[-1][0])) == (5, 3)


def test_resume_batch__job_given_up_or_gone__is_filled_on() -> None:
    batch_id = batch(code_count=1_200)
    job = find_job(find_batch(batch_id))
    assert job
    assert job.state == State.WAITING
    Job.objects.update(state=State.DEAD, claimable_at=None)

    resume_batch(batch_id, at=AT)
    again = find_job(find_batch(batch_id))
    Job.objects.all().delete()
    resume_batch(batch_id, at=AT)

    assert again
    assert (again.id, again.state) == (job.id, State.WAITING)
    assert find_job(find_batch(batch_id))
    fill_batch(batch_id, report=lambda done, total: None)
    Job.objects.all().delete()
    resume_batch(batch_id, at=AT)
    assert find_job(find_batch(batch_id)) is None
