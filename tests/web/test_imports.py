"""The import page: a file is looked at, imported by the worker, its errors taken along, and undone."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.connectors.files import upload_work
from dangol.connectors.files.columns import COLUMNS, Kind
from dangol.connectors.files.models import ImportJob, Upload
from dangol.core.access.log import EntryQuery, list_entries
from dangol.core.access.rights import Role
from dangol.core.commerce.models import OrderNumber
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.services import spend_points
from dangol.core.people.selectors import count_by_kind, find_by_identity
from dangol.core.storage.ids import new_id, show_id
from dangol.core.tasks.models import Job, State
from dangol.web.import_words import COLUMNS as COLUMN_NAMES, KINDS, STATES
from tests.web.files import (
    MEMBERS,
    ORDERS,
    bring,
    bring_checked,
    errors,
    fields_of,
    left,
    read,
    refusal_of,
    work,
)
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Let files lie in a home of the test's own."""
    settings.HOME = tmp_path
    return tmp_path


def upload() -> Upload:
    return Upload.objects.get()


def test_upload__of_orders__shown_first_then_imported_by_the_worker(
    clerk: Client, story: Story, home: Path
) -> None:
    before = OrderNumber.objects.count()
    answer = bring(clerk, ORDERS, "주문.csv")
    waiting = read(clerk, answer["Location"])
    work()
    ready = read(clerk, answer["Location"])
    clerk.post(f"{answer['Location']}/start")
    importing = read(clerk, answer["Location"])
    counted = OrderNumber.objects.count()
    work()
    done = read(clerk, answer["Location"])

    assert 'hx-trigger="every 1s"' in waiting
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting
    assert "찾은 열: 주문 번호, 회원 번호, 주문한 때, 상품 번호, 결제 금액" in ready
    assert "2줄 가져오기" in ready
    assert "F-2" in ready
    assert "새로 생기는 고객</dt><dd>1" in ready
    assert "이미 있는 고객</dt><dd>1" in ready
    assert "숫자로 읽을 수 없어요" in ready
    assert counted == before, "nothing is imported in a request"
    assert "가져오고 있어요" in importing
    assert "주문.csv" in done
    assert OrderNumber.objects.count() == before + 2
    assert find_by_identity("external", ["F-new"])
    assert not left(home)
    assert "F-1" not in done


def test_columns__guessed_wrong__are_chosen_by_hand(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk, "nr,cust,when,what,paid,other\nX-1,1501,2026-11-01,1,10,99\n")
    guessed = read(clerk, address)
    chosen = {
        "kind": "orders", "column.order": "nr", "column.customer": "cust", "column.placed_at": "when",
        "column.product": "what", "column.amount": "other",
    }  # fmt: skip
    clerk.post(address, {"kind": "orders", "source": "till-2"})
    work()
    clerk.post(address, fields_of(read(clerk, address)) | {"source": "till-2", "kind": "orders"})
    work()
    refused = read(clerk, address)
    clerk.post(address, fields_of(refused) | chosen | {"create": "on"})
    work()
    ready = read(clerk, address)
    clerk.post(f"{address}/start")
    work()

    assert "읽지 못했어요" in guessed
    assert "꼭 있어야 하는 ‘주문 번호’ 열을 찾지 못했어요" in refused
    assert "$99" in ready
    assert OrderNumber.objects.filter(source="till-2", number="X-1").exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"source": ""}, "쓸 수 없는 값"),
        ({"source": "x" * 41}, "쓸 수 없는 값"),
        ({"encoding": "no-such"}, "쓸 수 없는 값"),
        ({"encoding": "rot13"}, "쓸 수 없는 값"),
        ({"delimiter": '"'}, "쓸 수 없는 값"),
    ],
)
def test_choices__that_mean_nothing__are_refused_and_change_nothing(
    clerk: Client, story: Story, changed: dict[str, str], says: str
) -> None:
    address = bring_checked(clerk)
    before = Upload.objects.values().get()

    answer = clerk.post(address, fields_of(read(clerk, address)) | changed)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in refusal_of(answer)
    assert Upload.objects.values().get() == before


def test_choices__forged__end_in_a_refusal_and_no_error(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)
    for changed in (
        {"cut_over": "2026-13-99"}, {"column.order": "no such header"}, {"column.__class__": "x"},
        {"kind": "__class__"}, {"column.order": "\0"}, {"delimiter": "ab"}, {"encoding": "\0"},
    ):  # fmt: skip
        clerk.post(address, {"kind": "orders", "source": "file"} | changed)
        work()
        assert clerk.get(address).status_code == HTTPStatus.OK, changed
    assert not Job.objects.filter(state=State.DEAD).exists()


def test_start__twice__imports_once(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)

    first = clerk.post(f"{address}/start")
    second = clerk.post(f"{address}/start")
    work()

    assert first.status_code == HTTPStatus.FOUND
    assert second.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Job.objects.filter(name="files.import_upload").count() == 1
    assert ImportJob.objects.count() == 1


def test_start__from_eight_windows_at_once__imports_once(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)
    cookie = clerk.cookies["sessionid"].value

    def press(_place: int) -> int:
        try:
            window = Client()
            window.cookies["sessionid"] = cookie
            return int(window.post(f"{address}/start").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as windows:
        codes = sorted(windows.map(press, range(8)))
    work()

    assert codes.count(HTTPStatus.FOUND) == 1, codes
    assert Job.objects.filter(name="files.import_upload").count() == 1
    assert ImportJob.objects.get().state == ImportJob.State.DONE


def test_import__same_file_again__changes_nothing_and_says_so(clerk: Client, story: Story) -> None:
    for _ in range(2):
        address = bring_checked(clerk)
        clerk.post(f"{address}/start")
        work()

    assert "이미 가져온 파일이에요" in read(clerk, address)
    assert f"{address}/undo" not in read(clerk, address)
    assert ImportJob.objects.count() == 1


def test_import__worker_dies_after_the_import__is_finished_by_the_next(
    clerk: Client, story: Story, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = bring_checked(clerk)
    clerk.post(f"{address}/start")
    with monkeypatch.context() as patch:

        def die(*_args: Any, **_kwargs: Any) -> None:
            raise SystemExit

        patch.setattr(upload_work, "finish_work", die)
        with pytest.raises(SystemExit):
            work()
    Job.objects.filter(state=State.RUNNING).update(claimable_at=NOW, claim=None)
    work()

    page = read(clerk, address)
    assert "가져왔어요" in page
    assert "이미 가져온 파일" not in page
    assert f"{address}/undo" in page
    assert not left(home)


def test_work__given_up__is_tried_anew_from_the_page(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)
    clerk.post(f"{address}/start")
    Job.objects.filter(name="files.import_upload").update(state=State.DEAD, claimable_at=None)
    stuck = read(clerk, address)
    clerk.post(f"{address}/retry")
    work()

    assert "일꾼이 여러 번 해 보고 멈췄어요" in stuck
    assert "every 1s" not in stuck
    assert "가져왔어요" in read(clerk, address)


def test_undo__confirmed__orders_come_back(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)
    clerk.post(f"{address}/start")
    work()
    asked = read(clerk, f"{address}/undo")
    clerk.post(f"{address}/undo")
    work()
    undone = read(clerk, address)

    assert "모두 반품으로 되돌아오고" in asked
    assert "되돌린 것</dt><dd>2" in undone
    assert ImportJob.objects.get().state == ImportJob.State.UNDONE
    assert clerk.get(f"{address}/undo").status_code == HTTPStatus.FOUND, "there is nothing left to undo"


def test_undo__points_spent__is_refused_in_words_and_the_rest_undone(clerk: Client, story: Story) -> None:
    address = bring_checked(
        clerk, "주문번호,회원번호,주문일시,상품코드,결제금액\nF-1,P-1,2026-11-01 10:00,2,100\n"
        "F-2,P-2,2026-11-01 10:00,2,100\n",
    )  # fmt: skip
    clerk.post(f"{address}/start")
    work()
    spender = find_by_identity("external", ["P-1"])["P-1"]
    spend_points(spender, points=10, currency=CURRENCY, key="spent", at=NOW)
    clerk.post(f"{address}/undo")
    work()
    refused = read(clerk, address)
    clerk.post(f"{address}/undo", {"skip_spent": "on"})
    work()

    assert "이미 썼어요: 1건" in refused
    assert "되돌린 것</dt><dd>1" in read(clerk, address)
    assert "남겨 둔 것</dt><dd>1" in read(clerk, address)


def test_preview__people__are_masked_until_it_is_written_down(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk, MEMBERS)
    masked = read(clerk, address)
    whole = clerk.post(f"{address}/whole").content.decode()

    assert "김*늘" in masked
    assert "1990-**-**" in masked
    for secret in ("김하늘", "0190", "haneul@", "1990-03-14"):
        assert secret not in masked
    assert "김하늘" in whole
    assert list_entries(EntryQuery())[0].action == "import_preview"


def test_marketer__who_may_not_unmask__takes_masked_errors_along(story: Story) -> None:
    browser = sign_in(Client(headers={"accept-language": "en"}), "mara", Role.MARKETER)
    address = bring_checked(browser, "회원번호,성명,휴대폰\n1,김하늘,0101234없음\n2,\0비밀\n")

    page = read(browser, address)
    rows = errors(browser, address)

    assert "없음" not in page
    assert "비밀" not in page
    assert {row["value"] for row in rows} == {"0***", "2***"}
    assert "NUL" in rows[1]["reason"]
    assert "characters" in rows[1]["reason"] or "character" in rows[1]["reason"], "in the reader's language"
    assert browser.post(f"{address}/whole").status_code == HTTPStatus.FORBIDDEN


def test_marketer__who_may_not_change_members__imports_no_members(story: Story) -> None:
    browser = sign_in(Client(headers={"accept-language": "ko"}), "mara", Role.MARKETER)
    address = bring_checked(browser, MEMBERS)

    refused = browser.post(f"{address}/start")
    work()

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "회원 정보 바꾸기" in refusal_of(refused) or "members.write" in refusal_of(refused)
    assert upload().state == Upload.State.READY
    assert not find_by_identity("email", ["haneul@example.com"])


def test_marketer__who_may_not_adjust__imports_no_balances(story: Story) -> None:
    browser = sign_in(Client(headers={"accept-language": "ko"}), "mara", Role.MARKETER)
    address = bring_checked(browser, "customer,currency,balance\n1501,PTS,1000000\n")
    assert upload().kind == "balances"

    refused = browser.post(f"{address}/start")
    work()

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert upload().state == Upload.State.READY
    assert not Transfer.objects.filter(points=1_000_000).exists()


def test_access_log__every_step__says_who_did_it(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk)
    errors(clerk, address)
    clerk.post(f"{address}/start")
    work()
    clerk.post(f"{address}/undo")
    work()

    told = [(one.actor, one.action, one.people) for one in list_entries(EntryQuery())]
    assert set(told) == {
        ("owner", "import_upload", 0), ("owner", "import_errors", 1),
        ("owner", "import_start", 0), ("owner", "import_undo", 0),
    }  # fmt: skip
    assert "잘못된 줄을 내려받았어요" in read(clerk, "/access-log")


def test_discard__before_the_import__file_is_gone_and_nothing_imported(
    clerk: Client, story: Story, home: Path
) -> None:
    people = count_by_kind()
    address = bring_checked(clerk)
    clerk.post(f"{address}/discard")
    started = clerk.post(f"{address}/start")
    work()

    assert not left(home)
    assert started.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "버린 파일이에요" in read(clerk, address)
    assert count_by_kind() == people


def test_discard__while_it_is_checked__check_comes_to_nothing(
    clerk: Client, story: Story, home: Path
) -> None:
    answer = bring(clerk, ORDERS)
    clerk.post(f"{answer['Location']}/discard")
    work()

    assert upload().state == Upload.State.DISCARDED
    assert not left(home)
    assert not Job.objects.filter(state=State.DEAD).exists()


def test_file__gone_from_the_disk__is_said_and_nothing_breaks(
    clerk: Client, story: Story, home: Path
) -> None:
    address = bring_checked(clerk)
    for path in left(home):
        path.unlink()
    clerk.post(f"{address}/start")
    work()

    page = read(clerk, address)
    assert "올린 파일이 서버에 없어요" in page
    assert clerk.get(f"{address}/errors.csv").status_code == HTTPStatus.NOT_FOUND


def test_pages__unknown_upload__are_not_found(clerk: Client, story: Story) -> None:
    address = f"/import/{show_id(new_id())}"

    assert clerk.get(address).status_code == HTTPStatus.NOT_FOUND
    for act in ("start", "retry", "discard", "undo", "whole"):
        assert clerk.post(f"{address}/{act}").status_code == HTTPStatus.NOT_FOUND, act


def test_list__more_than_a_page__each_is_seen_once(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dangol.web.pages.imports.A_PAGE", 2)
    for number in range(5):
        bring(clerk, MEMBERS, f"{number}.csv")

    first = read(clerk, "/import")
    assert first.count('<th scope="row"') == 2
    assert "after=" in first


def test_words__every_kind_state_and_column__has_some() -> None:
    known = {column.name for columns in COLUMNS.values() for column in columns}

    assert set(KINDS) == set(Kind)
    assert set(STATES) == set(Upload.State)
    assert known <= set(COLUMN_NAMES)
