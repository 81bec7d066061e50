"""Programs of stamp cards: made, changed, archived; what the proof finds where somebody tampered."""

import pytest
from django.db import IntegrityError, connection

from dangol.core.storage.ids import new_id
from dangol.domain.stamps import GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import archive_reward
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.stamps import selectors
from dangol.rooms.rewards.stamps.editing import (
    ProgramDraft,
    archive_program,
    change_program,
    create_program,
)
from dangol.rooms.rewards.stamps.errors import (
    InvalidStampProgram,
    StampKeyTaken,
    StampProgramChanged,
    UnknownStampProgram,
)
from dangol.rooms.rewards.stamps.models import StampCard, StampPlace, StampProgramChange
from tests.core.segments.shop import come
from tests.rooms.rewards.coupons.shop import batch
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stamps.shop import CLERK, broken, mug, program, shown, stamp

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name_ko": " "}, "name_ko"),
        ({"name_en": "n" * 61}, "name_en"),
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
        ({"valid_days": 0}, "valid_days"),
        ({"points": 0}, "points"),
        ({"target_id": b"0" * 16}, "target"),
        ({"gives": GiftKind.COUPON}, "target"),
        ({"gives": GiftKind.REWARD, "target_id": b"0" * 16}, "target"),
        ({"gives": GiftKind.REWARD, "points": 5}, "points"),
        ({"key": "Coffee!"}, "key"),
        ({"key": ""}, "key"),
    ],
)
def test_create__field_that_makes_no_sense__is_named(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidStampProgram) as refused:
        program(**fields)

    assert refused.value.data["field"] == field


def test_create__reward_that_is_archived_or_a_blocked_batch__is_refused() -> None:
    cup, codes = mug(), batch()
    archive_reward(cup, actor=CLERK, at=AT)
    CouponBatch.objects.update(is_blocked=True)

    for gives, target in ((GiftKind.REWARD, cup), (GiftKind.COUPON, codes)):
        with pytest.raises(InvalidStampProgram):
            program(gives=gives, target_id=target)


def test_create__same_key_twice__is_refused_and_same_form_is_one() -> None:
    draft, form = ProgramDraft("카드", 5, GiftKind.POINTS, 100), new_id()

    made = [create_program(draft, key="a", program_id=form, actor=CLERK, at=AT) for _ in range(2)]

    assert made == [form, form]
    with pytest.raises(StampKeyTaken):
        create_program(draft, key="a", actor=CLERK, at=AT)


def test_change__size__counts_for_cards_opened_after_it() -> None:
    (member,) = come("kim", at=AT)
    card = program()
    stamp(member, card, 3)

    draft = ProgramDraft("커피", 5, GiftKind.POINTS, 100, on_return=OnReturn.DEBT)
    change_program(card, draft, expected=1, actor=CLERK, at=AT)
    stamp(member, card, 9)

    assert shown(member) == [("given", 10), ("open", 2)]
    assert [one.size for one in selectors.cards_of(member)] == [5, 10]
    # What a full card gives is what the program gives when it is full.
    assert [one.gift_points for one in selectors.cards_of(member)] == [None, 100]
    with pytest.raises(StampProgramChanged):
        change_program(card, draft, expected=1, actor=CLERK, at=AT)
    with pytest.raises(UnknownStampProgram):
        change_program(new_id(), draft, expected=1, actor=CLERK, at=AT)


def test_archive__twice__is_one_change_and_restoring_is_another() -> None:
    card = program()
    for _ in range(2):
        archive_program(card, actor=CLERK, at=AT)
    assert selectors.list_programs() == []
    assert [one.id for one in selectors.list_programs(archived=True)] == [card]

    archive_program(card, is_archived=False, actor=CLERK, at=AT)

    assert [one.id for one in selectors.list_programs()] == [card]
    changes = StampProgramChange.objects.order_by("revision")
    assert list(changes.values_list("what", flat=True)) == ["made", "archived", "restored"]


def test_gift_names__of_a_batch_or_a_reward__are_what_the_member_gets() -> None:
    program(key="a", gives=GiftKind.COUPON, target_id=batch())
    program(key="b", gives=GiftKind.REWARD, target_id=mug())
    program(key="c")

    found = {one.key: (one.gift_name("ko"), one.gift_name("en")) for one in selectors.list_programs()}

    assert found == {"a": ("봄맞이", "봄맞이"), "b": ("머그컵", "Mug"), "c": ("", "")}


@pytest.fixture
def full_and_open() -> None:
    (member,) = come("lee", at=AT)
    stamp(member, program(), 12)
    assert broken() == []


def test_verify__stamps_gone_from_a_card__are_found(full_and_open: None) -> None:
    StampPlace.objects.filter(count=2).delete()

    assert broken() == ["stamps.on_cards"]


def test_verify__more_stamps_than_came__are_found(full_and_open: None) -> None:
    StampPlace.objects.filter(count=2).update(count=3)
    StampCard.objects.filter(count=2).update(count=3)

    assert broken() == ["stamps.moves"]


def test_verify__card_that_gave_nothing__is_found(full_and_open: None) -> None:
    StampCard.objects.filter(state="given").update(gift_ref="")

    assert broken() == ["stamps.given"]


def test_card__with_more_stamps_than_it_takes__is_refused_by_the_database_itself(full_and_open: None) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="dg_stamp_card_"):
        cursor.execute("UPDATE dg_stamp_card SET count = 11")
