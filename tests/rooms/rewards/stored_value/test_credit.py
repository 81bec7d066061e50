"""Store credit: by hand, by two where it is much, under all ids of one person, and lapsing."""

from datetime import timedelta

import pytest

from dangol.core.access.approvals import ApprovalState
from dangol.core.actions.services import run
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.storage.ids import new_id
from dangol.domain.stored_value import InvalidAmount, NotEnoughValue
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.confirming import find_confirmation
from dangol.rooms.rewards.promotions.models import Sale
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.stored_value import selectors
from dangol.rooms.rewards.stored_value.credit import (
    ByHand,
    decide_credit,
    give_credit,
    move_by_hand,
    take_credit,
)
from dangol.rooms.rewards.stored_value.errors import (
    InvalidStoredValueSettings,
    StoredValueSettingsChanged,
    ValueKeyReused,
)
from dangol.rooms.rewards.stored_value.lapsing import ValueStuck, lapse_due
from dangol.rooms.rewards.stored_value.models import ValueAccount
from dangol.rooms.rewards.stored_value.settings import (
    DEFAULTS,
    list_settings_versions,
    read_settings,
    settings_number,
    unpack_settings,
    write_settings,
)
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import BY, CLERK, credit, held, on_credit, prove

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
DAY = timedelta(days=1)
BOSS = Actor(ActorKind.STAFF, "boss@shop.example", "사장")


def test_give_and_take__by_hand__moves_once_and_never_below_nothing() -> None:
    (kim,) = open_shop("kim")
    first = credit(kim, 5_000)
    assert credit(kim, 5_000) == first

    taken = take_credit(kim, 3_000, "KRW", key="t", reason="잘못", by=BY)

    assert take_credit(kim, 3_000, "KRW", key="t", reason="잘못", by=BY) == taken
    assert on_credit(kim) == 2_000
    with pytest.raises(NotEnoughValue) as refused:
        take_credit(kim, 2_001, "KRW", key="u", reason="잘못", by=BY)
    assert refused.value.data == {"asked": 2_001, "left": 2_000, "currency": "KRW"}
    with pytest.raises(ValueKeyReused):
        credit(kim, 6_000)
    with pytest.raises(ReasonMissing):
        give_credit(kim, 1, "KRW", key="v", reason=" ", by=BY)
    with pytest.raises(InvalidAmount):
        credit(kim, 0, key="w")
    moves = selectors.credit_moves_of(kim)
    assert [(one.kind.value, one.minor, one.actor_name) for one in moves] == [
        ("taken", -3_000, "점원"), ("given", 5_000, "점원"),
    ]  # fmt: skip
    assert selectors.find_credit_move(kim, taken).reason == "잘못"
    assert selectors.credit_moves_of(kim, before=(moves[0].at, moves[0].id)) == moves[1:]
    prove()


def test_merged__two_with_credit__spend_both_and_each_has_their_own_after_the_undoing() -> None:
    kim, lee = open_shop("kim", "lee")
    credit(kim, 4_000, expires_at=AT + 20 * DAY)
    credit(lee, 3_000, expires_at=AT + 10 * DAY)
    merge_customers(kim, lee, actor=CLERK, reason="한 사람", at=AT)
    assert on_credit(kim) == on_credit(lee) == 7_000

    held(kim, ("coffee", 5_000, 1), pay_credit="most")
    assert [one.minor for one in selectors.credit_of(kim, at=AT)] == [2_000]
    take_credit(kim, 500, "KRW", key="t", reason="잘못", by=BY)
    undo_merge(lee, actor=CLERK, reason="아니었음", at=AT)

    # What lapses sooner was spent first: all of Lee's.
    assert (on_credit(kim), on_credit(lee)) == (1_500, 0)
    prove()


def test_lapse__credit_with_an_end__is_gone_on_its_day_and_dated_there() -> None:
    (kim,) = open_shop("kim")
    write_settings(unpack_settings({"credit_valid_days": 30}), changed_by="주인", at=AT)
    credit(kim, 5_000)
    credit(kim, 1_000, key="own end", expires_at=AT + 60 * DAY)

    found = selectors.credit_of(kim, at=AT)[0]
    lapse_due(as_of=AT + 40 * DAY)

    assert (found.minor, found.next_end, found.next_minor) == (6_000, AT + 30 * DAY, 5_000)
    assert on_credit(kim, AT + 40 * DAY) == 1_000
    assert selectors.credit_moves_of(kim)[0].at == AT + 30 * DAY
    prove()


def test_by_hand__more_than_one_person_may_in_a_day__waits_for_a_second() -> None:
    (kim,) = open_shop("kim")
    form = new_id()
    first = move_by_hand(kim, ByHand("KRW", 60_000), form=new_id(), actor=CLERK, reason="사과", at=AT)
    much = move_by_hand(kim, ByHand("KRW", 60_000), form=form, actor=CLERK, reason="사과", at=AT)
    again = move_by_hand(kim, ByHand("KRW", 60_000), form=form, actor=CLERK, reason="사과", at=AT)

    assert first.move_id is not None
    assert (much.move_id, much.approval.state, again.approval.id) == (
        None,
        ApprovalState.WAITING,
        much.approval.id,
    )
    assert on_credit(kim) == 60_000
    decide_credit(much.approval.id, approves=True, actor=BOSS, reason="", at=AT)

    assert on_credit(kim) == 120_000
    less = move_by_hand(kim, ByHand("KRW", -20_000), form=new_id(), actor=BOSS, reason="잘못", at=AT)
    assert less.move_id is not None
    assert on_credit(kim) == 100_000
    no = move_by_hand(kim, ByHand("KRW", 90_000), form=new_id(), actor=CLERK, reason="사과", at=AT)
    decide_credit(no.approval.id, approves=False, actor=BOSS, reason="많음", at=AT)
    assert on_credit(kim) == 100_000
    with pytest.raises(InvalidAmount):
        move_by_hand(kim, ByHand("KRW", 0), form=new_id(), actor=CLERK, reason="사과", at=AT)


def test_counter__much_credit__waits_for_the_members_yes() -> None:
    (kim,) = open_shop("kim")
    write_settings(unpack_settings({"confirm_credit_from_minor": 4_000}), changed_by="주인", at=AT)
    credit(kim, 20_000)

    small = held(kim, ("coffee", 5_000, 1), pay_credit=3_999)
    much = held(kim, ("coffee", 5_000, 1), pay_credit=4_000)

    assert find_confirmation(Sale.objects.get(id=small.id)) is None
    assert find_confirmation(Sale.objects.get(id=much.id)) is not None


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"cash_from": 10_001}, "cash_from"),
        ({"claim_months": 59}, "claim_months"),
        ({"least_card_minor": 600_000}, "least_card_minor"),
        ({"most_credit_share": 0}, "most_credit_share"),
        ({"valid_months": "60"}, "valid_months"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_settings__out_of_range__are_refused_by_their_field(raw: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidStoredValueSettings) as refused:
        unpack_settings(raw)

    assert refused.value.data["field"] == field


def test_settings__written__are_read_again() -> None:
    assert read_settings() == DEFAULTS
    content = unpack_settings({"lapsed_share": 9_500, "accepts_cards": False})

    write_settings(content, changed_by="주인", at=AT)

    assert read_settings() == content


def test_settings__written_twice_the_same__are_one_version() -> None:
    content = unpack_settings({"lapsed_share": 9_500})

    numbers = [write_settings(one, changed_by="주인", at=AT) for one in (DEFAULTS, content, content)]

    assert numbers == [0, 1, 1]
    (version,) = list_settings_versions()
    assert version == (1, content, "주인", AT)
    assert settings_number() == 1


def test_settings__changed_since_they_were_seen__are_not_written_over() -> None:
    write_settings(unpack_settings({"lapsed_share": 9_500}), changed_by="동료", at=AT)

    with pytest.raises(StoredValueSettingsChanged) as refused:
        write_settings(DEFAULTS, changed_by="주인", at=AT, seen=0)

    assert refused.value.data == {"version": 1, "changed_by": "동료"}
    assert write_settings(DEFAULTS, changed_by="주인", at=AT, seen=1) == 2
    assert [one.number for one in list_settings_versions()] == [2, 1]


def test_action__give_credit__gives_once_and_lapses_as_the_settings_say() -> None:
    (kim,) = open_shop("kim")
    write_settings(unpack_settings({"credit_valid_days": 30}), changed_by="주인", at=AT)
    payload = {"minor": 3_000, "reason": "늦은 배송"}

    for _ in range(2):
        run("rewards.give_credit", payload, customer_id=kim, idempotency_key="case-1", at=AT)

    (found,) = selectors.credit_of(kim, at=AT)
    assert (found.minor, found.next_end) == (3_000, AT + 30 * DAY)
    assert selectors.credit_moves_of(kim)[0].reason == "늦은 배송"


def test_return__as_credit_where_credit_had_paid__gives_both_back() -> None:
    (kim,) = open_shop("kim")
    credit(kim, 2_000)
    sale = held(kim, ("coffee", 5_000, 1), pay_credit="most")
    commit(sale.id, source="shop", number="1", at=AT)

    back = bring_back(sale.id, number="r", units={"coffee": 1}, as_credit=True, at=AT)

    assert (back.stored_back_minor, back.credit_minor) == (2_000, 3_000)
    assert on_credit(kim) == 5_000
    prove()


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_lapse__one_account_that_cannot_be_moved__holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    kim, lee = open_shop("kim", "lee")
    credit(kim, 5_000, expires_at=AT + DAY)
    credit(lee, 4_000, expires_at=AT + DAY)
    stuck = ValueAccount.objects.filter(customer_id=kim)
    # Less than its lots say: as after a damaged restore.
    stuck.update(balance=1_000)

    seen: list[int] = []
    with pytest.raises(ValueStuck):
        lapse_due(as_of=AT + 2 * DAY, page=1, report=seen.append)

    # Page by page, each account once.
    assert (len(seen), seen[-1]) == (2, 1)
    assert selectors.credit_moves_of(lee)[0].kind.value == "lapsed"
    assert selectors.credit_moves_of(kim)[0].kind.value == "given"
    assert "cannot lapse" in caplog.text
    stuck.update(balance=5_000)
    assert (lapse_due(as_of=AT + 2 * DAY), lapse_due(as_of=AT + 2 * DAY)) == (1, 0)
    prove()
