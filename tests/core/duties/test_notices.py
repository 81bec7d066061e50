"""What people are told unasked: once each, only those who are still here, and before anybody is forgotten."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from dangol.core.duties import notices
from dangol.core.duties.models import Notice, NoticeSweep
from dangol.core.duties.notices import BEFORE_FORGETTING, NoticeKind, forget_told, leave_notices
from dangol.core.duties.selectors import read_duties
from dangol.core.messaging import senders
from dangol.core.messaging.contents import AbsenceNotice, UseNotice, write
from dangol.core.messaging.models import Message
from dangol.core.messaging.outbox import Outbox
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.operations.metrics import read_owed
from dangol.core.people.actors import HOUSE
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.data_keys import destroy_key
from dangol.core.people.erasures import erase_customer
from dangol.core.people.holds import place_hold
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers
from dangol.core.people.models import Customer, Erasure
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.retention import YEAR
from dangol.core.people.selectors import shop as the_shop
from dangol.core.people.services import join_members, resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.messaging.ways import Scripted, use
from tests.core.people import actors
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# Noon in the shop.
AT = datetime(2024, 3, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def way(db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Scripted:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    settings.USE_NOTICE, settings.FORGET_AFTER_YEARS = False, 0
    carrier = Scripted()
    use(monkeypatch, carrier)
    return carrier


def join(*names: str, at: datetime = AT, mail: bool = True) -> list[Id]:
    with write_transaction():
        made = list(resolve_customers("external", names, recorded_at=at).values())
        if mail:
            rows = [PersonRow(one, email=f"{name}@x.example") for one, name in zip(made, names, strict=True)]
            assert set_people(rows, recorded_at=at) == [None] * len(made)
        join_members(made, recorded_at=at)
    return made


def go_on(at: datetime, way: Scripted) -> list[str]:
    """Let the task and the outbox work at an instant; returns to whom letters went now."""
    before = len(way.seen)
    while leave_notices(at=at):
        pass
    while Outbox(lambda: at, chance=lambda: 0).send_due():
        pass
    return sorted(letter.to.split("@")[0] for letter in way.seen[before:])


def test_use_notice__off__tells_nobody_and_from_a_million_on_by_itself(
    way: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("a", "b", "c")
    assert go_on(AT + 60 * DAY, way) == []

    monkeypatch.setattr(notices, "LAW_FROM", 3)

    assert go_on(AT + 60 * DAY, way) == ["a", "b", "c"]


def test_use_notice__each_calendar_year_of_the_shop__once_to_members_with_mail(
    way: Scripted, settings: Settings
) -> None:
    settings.USE_NOTICE = True
    stays, left, gone, begun = join("stays", "left", "gone", "begun")
    join("mailless", mail=False)
    with write_transaction():
        leave_members([left], source="test", recorded_at=AT)
    erase_customer(gone, actor=HOUSE, reason="asked", at=AT)
    with write_transaction():
        Erasure.objects.create(customer_id=begun, at=AT, actor_kind="x", actor="x", actor_name="", reason="x")
    destroy_key(begun, at=AT)
    later = AT + 60 * DAY
    new = join("new", at=later)
    night = later + timedelta(hours=12)
    assert go_on(night, way) == []

    assert go_on(later, way) == ["stays"]
    for after in (timedelta(minutes=5), 2 * timedelta(hours=1), DAY):
        assert go_on(later + after, way) == []
    assert go_on(later + 40 * DAY, way) == ["new"]

    last_of_year = datetime(2024, 12, 31, 2, tzinfo=UTC)
    assert go_on(last_of_year, way) == []
    assert go_on(last_of_year + DAY, way) == ["new", "stays"]
    assert sorted(Notice.objects.values_list("customer_id", "year", "by_mail")) == sorted(
        (one, year, True) for one in (stays, *new) for year in (2024, 2025)
    )
    assert Message.objects.filter(template="use_notice").count() == 4


def test_use_notice__two_who_became_one__are_not_told_again(way: Scripted, settings: Settings) -> None:
    settings.USE_NOTICE = True
    [first] = join("first")
    later = AT + 60 * DAY
    assert go_on(later, way) == ["first"]
    [second] = join("second", at=AT + DAY)
    merge_customers(second, first, actor=HOUSE, reason="same", at=later + DAY)

    assert go_on(later + 2 * DAY, way) == []
    assert len(go_on(later + YEAR, way)) == 1


@pytest.mark.parametrize("language", ["ko", "en"])
def test_notices__in_words__say_what_is_used_how_to_stop_and_until_when(language: str) -> None:
    told = write(UseNotice(shop="골목 가게", year="2024"), language)
    forget = write(AbsenceNotice(shop="골목 가게", day="2024-04-01", years=3), language)

    wanted = {
        "ko": (("2024", "이름", "주문", "내 정보", "탈퇴"), ("2024-04-01", "포인트", "3년")),
        "en": (("2024", "Name", "Orders", "leave"), ("2024-04-01", "Points", "3 years")),
    }[language]
    for written, words in zip((told, forget), wanted, strict=True):
        assert "골목 가게" in written.subject
        for word in words:
            assert word.lower() in f"{written.subject}\n{written.text}".lower()


def test_use_notice__many__are_paced_and_each_page_costs_the_same(
    way: Scripted, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.USE_NOTICE = True
    names = [f"m{number:03}" for number in range(60)]
    join(*names)
    later = AT + 60 * DAY
    counts = []
    for page in (5, 10, 40):
        monkeypatch.setattr(notices, "PACE", page)
        monkeypatch.setattr(notices, "PAGE", page)
        with CaptureQueriesContext(connection) as captured:
            assert leave_notices(at=later) == page
        counts.append(len(captured))
        assert Message.objects.count() == sum((5, 10, 40)[: len(counts)])

    # The first one made the sweep's row.
    assert counts[1] == counts[2]
    assert go_on(later, way) == sorted(names)


def leave_until_killed(marker: str, at: datetime) -> None:
    """Be a worker that stops on its second page, rows written and not committed, until it is killed."""
    pages = []

    def linger(drafts: Sequence[MessageDraft], *, at: datetime) -> list[Id]:
        left = leave_messages(drafts, at=at)
        pages.append(left)
        if len(pages) == 2:
            Path(marker).touch()
            time.sleep(2 * PATIENCE)
        return left

    settings.USE_NOTICE, settings.FORGET_AFTER_YEARS = True, 0
    notices.PAGE = 2
    notices.leave_messages = linger  # type: ignore[attr-defined, assignment] # in a process of its own
    senders.all_senders = lambda: (Scripted(),)  # type: ignore[assignment]
    leave_notices(at=at)


def test_use_notice__killed_within_a_page__nobody_is_told_twice_or_missed(
    way: Scripted, settings: Settings, tmp_path: Path
) -> None:
    settings.USE_NOTICE = True
    names = [f"m{number}" for number in range(6)]
    join(*names)
    later, marker = AT + 60 * DAY, tmp_path / "lingers"
    victim = actors.start(leave_until_killed, str(marker), later)
    wait_for(marker.exists)

    victim.kill()
    victim.join()

    assert Notice.objects.count() == Message.objects.count() == 2
    assert go_on(later, way) == names


def test_use_notice__four_at_once__one_letter_each(way: Scripted, settings: Settings) -> None:
    settings.USE_NOTICE = True
    names = [f"m{number}" for number in range(20)]
    join(*names)
    later, go = AT + 60 * DAY, threading.Barrier(4)

    def work() -> None:
        go.wait()
        try:
            leave_notices(at=later)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert go_on(later, way) == sorted(names)
    assert Notice.objects.count() == Message.objects.count() == 20


def test_forgetting__told_30_days_before__and_never_untold(way: Scripted, settings: Settings) -> None:
    settings.FORGET_AFTER_YEARS = 3
    silent, back, held = join("silent", "back", "held")
    [mailless] = join("mailless", mail=False)
    place_hold(held, actor=HOUSE, reason="lawsuit", at=AT)
    over = AT + 3 * YEAR
    assert forget_told(over + DAY - 3 * YEAR, over + DAY) == 0
    assert go_on(over - BEFORE_FORGETTING - DAY, way) == []

    told_at = over - BEFORE_FORGETTING + DAY
    assert go_on(told_at, way) == ["back", "silent"]
    assert (told_at + BEFORE_FORGETTING).date().isoformat() in way.seen[-1].text
    assert go_on(told_at + DAY, way) == []
    with write_transaction():
        came = ConsentDraft(back, "sms", "marketing", True, told_at + DAY, "till")
        record_consents([came], recorded_at=told_at + DAY)

    early, late = told_at + BEFORE_FORGETTING - DAY, told_at + BEFORE_FORGETTING
    assert forget_told(early - 3 * YEAR, early) == 0
    assert forget_told(late - 3 * YEAR, late) == 2
    kinds = dict(Customer.objects.values_list("customer_id", "kind"))
    assert kinds == {silent: "erased", mailless: "erased", back: "member", held: "member"}
    assert dict(Notice.objects.values_list("customer_id", "by_mail")) == {
        silent: True, back: True, mailless: False,
    }  # fmt: skip

    again = told_at + DAY + 3 * YEAR
    assert forget_told(again - 3 * YEAR + DAY, again + DAY) == 0
    assert go_on(again, way) == ["back"]
    assert forget_told(again + BEFORE_FORGETTING - 3 * YEAR, again + BEFORE_FORGETTING) == 1


def test_forgetting__no_mail_server__who_has_an_address_waits_and_is_overdue(
    way: Scripted, settings: Settings
) -> None:
    settings.FORGET_AFTER_YEARS = 1
    join("a", "b")
    [mailless] = join("mailless", mail=False)
    way.ready = False
    at = AT + YEAR

    assert go_on(at, way) == []

    assert [one.customer_id for one in Notice.objects.all()] == [mailless]
    zone = the_shop().tz
    [line] = [one for one in read_duties(as_of=at, zone=zone) if one.kind == "notices"]
    assert (line.waiting, line.overdue, line.due_at) == (2, 0, at + BEFORE_FORGETTING)
    late = at + BEFORE_FORGETTING
    assert go_on(late, way) == []
    told = {(one.name, one.labels): one.value for one in read_owed(late)}
    assert told["duties_overdue", ("notices",)] == told["duties_waiting", ("notices",)] == 2
    assert told["duties_overdue", ("incidents",)] == 0
    assert forget_told(late - YEAR, late) == 1

    way.ready = True
    assert go_on(late + 2 * timedelta(hours=1), way) == ["a", "b"]
    assert [one.kind for one in read_duties(as_of=late, zone=zone) if one.kind == "notices"] == []
    assert NoticeSweep.objects.get(kind=NoticeKind.ABSENCE).since is None
