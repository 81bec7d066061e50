"""Files on their way to the import page: what is taken, where it lies, and what hostile ones do."""

import io
import stat
import zipfile
from http import HTTPStatus
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from dangol.connectors.files.models import Upload
from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.access.sessions import WHOLE
from dangol.core.people.selectors import find_by_identity, profiles_of
from dangol.core.tasks.models import Job
from dangol.project.clock import now
from dangol.web.uploading import ADDRESS, may_upload
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
from tests.web.staff import make_staff, sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Let files lie in a home of the test's own."""
    settings.HOME = tmp_path
    return tmp_path


def upload() -> Upload:
    return Upload.objects.get()


def test_upload__its_file__lies_where_only_the_house_comes(clerk: Client, story: Story, home: Path) -> None:
    answer = bring(clerk, ORDERS, "../../../../etc/cron.d/주문\x07.csv")

    [path] = left(home)
    assert upload().name == "주문.csv"
    assert path == home / "uploads" / answer["Location"].rpartition("/")[2] / "table"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def xlsx(unpacked: int) -> bytes:
    """Return a sheet as a ZIP that holds so many zeros."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * unpacked)
    return packed.getvalue()


def parquet() -> bytes:
    """Return a million rows in a few bytes."""
    packed = io.BytesIO()
    pq.write_table(pa.table({"customer": pa.array(["x"] * 1_000_000)}), packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(xlsx(10), "xlsx", id="xlsx"),
        pytest.param(xlsx(100_000_000), "xlsx", id="zip bomb"),
        pytest.param(parquet(), "Parquet", id="parquet bomb"),
        pytest.param(b"\x1f\x8b\x08\x00rest", "gzip", id="gzip"),
        pytest.param(b"%PDF-1.7\n", "PDF", id="pdf"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "CSV가 아니에요", id="picture"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(100), "CSV가 아니에요", id="program"),
        pytest.param(b"", "머리글이 없어요", id="empty"),
        pytest.param(b"\n\n \n", "머리글이 없어요", id="blank"),
    ],
)
def test_upload__that_is_no_table__is_refused_in_words_and_gone(
    clerk: Client, story: Story, home: Path, data: bytes, says: str
) -> None:
    answer = bring(clerk, data, "members.csv")

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in refusal_of(answer)
    assert not Upload.objects.exists()
    assert not left(home)
    assert not Job.objects.filter(name__startswith="files.").exists()


def test_upload__without_a_file__is_refused(clerk: Client, story: Story) -> None:
    assert "올린 파일이 없어요" in refusal_of(clerk.post("/import", {"file": "text"}))
    assert "올린 파일이 없어요" in refusal_of(clerk.post("/import"))


def test_upload__too_large__is_refused_while_it_comes(
    clerk: Client, story: Story, home: Path, settings: Settings
) -> None:
    settings.MOST_UPLOAD_BYTES = 200_000
    taken = bring(clerk, b"a,b\n" + b"1,2\n" * 40_000)
    refused = bring(clerk, b"a,b\n" + b"1,2\n" * 60_000, "big.csv")

    assert taken.status_code == HTTPStatus.FOUND
    assert "‘big.csv’이(가) 너무 커요" in refusal_of(refused)
    assert len(left(home)) == 1


def test_upload__no_room_left__is_refused_until_something_is_discarded(
    clerk: Client, story: Story, home: Path, settings: Settings
) -> None:
    settings.UPLOAD_SPACE = 3_000
    first = bring(clerk, b"a,b\n" + b"1,2\n" * 500)
    full = bring(clerk, b"a,b\n" + b"1,2\n" * 500)
    clerk.post(f"{first['Location']}/discard")
    again = bring(clerk, b"a,b\n" + b"1,2\n" * 500)

    assert "자리를 다 썼어요" in refusal_of(full)
    assert again.status_code == HTTPStatus.FOUND
    assert len(left(home)) == 1


def test_file__at_any_other_address__is_never_written(clerk: Client, story: Story, home: Path) -> None:
    clerk.post("/language", {"file": io.BytesIO(b"x" * 100_000), "language": "ko"})
    clerk.post("/import", {"other": io.BytesIO(b"x" * 100_000)})

    assert not (home / "uploads").exists() or not left(home)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_encoding__of_any_korean_shop__is_understood(clerk: Client, story: Story, encoding: str) -> None:
    page = read(clerk, bring_checked(clerk, MEMBERS.encode(encoding)))

    assert "1줄 가져오기" in page
    assert "김*늘" in page


def test_encoding__not_found__is_chosen_by_hand(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk, b"customer,name\n1,caf\xe9\n")
    refused = read(clerk, address)
    clerk.post(address, fields_of(refused) | {"encoding": "windows-1252"})
    work()

    assert "2번째 줄을 읽을 수 없어요" in refused
    assert "c***" in read(clerk, address)
    assert "1줄 가져오기" in read(clerk, address)


def test_rows__hostile__are_bad_and_never_a_formula(clerk: Client, story: Story, home: Path) -> None:
    text = (
        "회원번호,성명,휴대폰,생일\n"
        "H-1,=1+1,,1990-01-01\n"
        "H-2,\"=cmd|' /C calc'!A0\",,=1+1\n"
        "H-3,a\0b,,\n"
        "H-4,@SUM(A1),+82-x,\n"
    )
    address = bring_checked(clerk, text)
    page = read(clerk, address)
    bad = errors(clerk, address)
    clerk.post(f"{address}/start")
    work()

    assert "1줄 가져오기" in page
    assert [(row["line"], row["column"], row["code"]) for row in bad] == [
        ("3", "birthday", "time.unreadable"),
        ("4", "", "row.nul_character"),
        ("5", "phone", "value.not_a_phone"),
    ]
    assert [row["value"][0] for row in bad if row["value"]] == ["'", "H", "'"], "no cell is computed"
    assert all(row["reason"] and row["remedy"] for row in bad)
    [customer] = find_by_identity("external", ["H-1"]).values()
    assert profiles_of([customer], unmasked=True)[customer].person.name == "=1+1"
    assert errors(clerk, address) == bad, "the import finds what the check has found"


def environ_of(client: Client) -> dict[str, str]:
    """Return the head of a request of this browser, as the door has it."""
    cookie = client.cookies.get("sessionid")
    return {"HTTP_COOKIE": f"a=b; sessionid={cookie.value}" if cookie else ""}


def test_door__before_a_byte_is_read__lets_those_in_who_may_import(story: Story) -> None:
    for role in Role:
        browser = sign_in(Client(), f"the-{role}", role)
        browser.get("/account")
        assert may_upload(environ_of(browser)) is (Right.IMPORTS_WRITE in RIGHTS[role]), role
    browser.post("/sign-out")
    for cookie in (
        "",
        "sessionid=",
        "sessionid=x",
        "sessionid=aaaaaaaa\0bbbb",
        "sessionid=" + "x" * 4_000,
        "=;;",
    ):
        assert not may_upload({"HTTP_COOKIE": cookie}), cookie


def test_door__session_that_ended__is_let_in_no_more(story: Story) -> None:
    browser = sign_in(Client())
    environ = environ_of(browser)
    was_in = may_upload(environ)
    suspended = make_staff()
    suspended.is_active = False
    suspended.save()

    assert was_in
    assert not may_upload(environ)


def test_door__session_too_old_or_without_a_second_factor__is_not_let_in(
    story: Story, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = environ_of(sign_in(Client()))
    assert may_upload(environ)

    settings.MFA_REQUIRED = True
    assert not may_upload(environ)
    settings.MFA_REQUIRED = False
    monkeypatch.setattr("dangol.web.uploading.now", lambda: now() + WHOLE)
    assert not may_upload(environ)


def test_address__of_the_door__is_the_page_s(story: Story) -> None:
    assert reverse("web:import") == ADDRESS
