"""Uploaded files that nobody imports, and what is left lying, are gone in time."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import UploadBusy, UploadUnknown
from dangol.connectors.files.models import Upload
from dangol.connectors.files.places import folder_of_upload, uploads_folder, used_bytes
from dangol.connectors.files.upload_work import check_upload, import_upload
from dangol.connectors.files.uploads import (
    KEPT,
    Asked,
    check_again,
    clean_name,
    discard_upload,
    find_upload,
    forget_uploads,
    keep_upload,
    start_import,
)
from dangol.core.people.actors import HOUSE
from dangol.core.storage.ids import Id, new_id
from tests.connectors.files.shops import NOW, give_tiers, open_program, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)
MEMBERS = "회원번호,이름\n1,김하늘\n"


class Run(NamedTuple):
    """The worker's run of a job, which stops where it is told to."""

    job_id: Id
    at: datetime = NOW

    def report(self, done: int, total: int | None = None) -> None:
        """Show nobody how far it is."""


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def bring(home: Path, text: str = MEMBERS, at: datetime = NOW) -> Id:
    path = uploads_folder(home) / "incoming-1"
    path.write_text(text)
    return keep_upload(path, name="members.csv", actor=HOUSE, at=at, home=home)


def run_of(upload_id: Id) -> Run:
    return Run(find_upload(upload_id).work_id or b"")


def age(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_forget__unused_for_a_week__is_discarded_and_the_younger_stays(tmp_path: Path) -> None:
    old, young = bring(tmp_path, at=NOW - KEPT - DAY), bring(tmp_path)
    for one in (old, young):
        age(folder_of_upload(tmp_path, one), NOW - KEPT)

    assert forget_uploads(tmp_path, at=NOW) == 1

    assert find_upload(old).state == Upload.State.DISCARDED
    assert not folder_of_upload(tmp_path, old).exists()
    assert find_upload(young).state == Upload.State.CHECKING
    assert folder_of_upload(tmp_path, young).exists()


def test_forget__left_lying__is_gone_and_what_comes_now_stays(tmp_path: Path) -> None:
    folder = uploads_folder(tmp_path)
    broken, coming = folder / "incoming-broken", folder / "incoming-now"
    stray = folder_of_upload(tmp_path, new_id())
    for path in (broken, coming):
        path.write_text("x")
        age(path, NOW)
    stray.mkdir()
    for path in (broken, stray):
        age(path, NOW - 2 * DAY)

    forget_uploads(tmp_path, at=NOW)

    assert [path.name for path in folder.iterdir()] == ["incoming-now"]


def test_forget__being_imported__keeps_its_file(tmp_path: Path) -> None:
    upload_id = bring(tmp_path, at=NOW - KEPT - DAY)
    check_upload(upload_id, run_of(upload_id), home=tmp_path, give_tiers=give_tiers)
    start_import(upload_id, actor=HOUSE, at=NOW)
    age(folder_of_upload(tmp_path, upload_id), NOW - KEPT)

    assert forget_uploads(tmp_path, at=NOW) == 0

    import_upload(upload_id, run_of(upload_id), home=tmp_path, give_tiers=give_tiers)
    assert find_upload(upload_id).state == Upload.State.DONE
    assert not folder_of_upload(tmp_path, upload_id).exists()
    assert used_bytes(tmp_path) == 0


def test_forget__discarded_long_ago__is_remembered_no_more(tmp_path: Path) -> None:
    upload_id = bring(tmp_path)
    discard_upload(upload_id, at=NOW, home=tmp_path)

    forget_uploads(tmp_path, at=NOW + 29 * DAY)
    assert Upload.objects.exists()
    forget_uploads(tmp_path, at=NOW + 31 * DAY)

    assert not Upload.objects.exists()


def test_check__asked_for_anew_meanwhile__says_what_was_asked_last(tmp_path: Path) -> None:
    upload_id = bring(tmp_path)
    first = run_of(upload_id)
    check_again(upload_id, Asked(Kind.PRODUCTS), at=NOW, home=tmp_path)
    second = run_of(upload_id)

    check_upload(upload_id, first, home=tmp_path, give_tiers=give_tiers)
    assert find_upload(upload_id).state == Upload.State.CHECKING
    check_upload(upload_id, second, home=tmp_path, give_tiers=give_tiers)

    view = find_upload(upload_id)
    assert (view.state, view.failure["code"]) == (Upload.State.REFUSED, "files.column_missing")


def test_refusal__written_down__holds_nothing_of_the_file(tmp_path: Path) -> None:
    upload_id = bring(tmp_path, "김하늘,010-1234-5678\n이별,010-2222-3333\n")
    check_upload(upload_id, run_of(upload_id), home=tmp_path, give_tiers=give_tiers)

    row = Upload.objects.values().get()
    assert row["state"] == Upload.State.REFUSED
    assert not any(secret in str(row) for secret in ("김하늘", "010", "이별"))


def test_steps__that_do_not_fit__are_refused_and_change_nothing(tmp_path: Path) -> None:
    upload_id = bring(tmp_path)
    with pytest.raises(UploadBusy):
        start_import(upload_id, actor=HOUSE, at=NOW)
    with pytest.raises(UploadUnknown):
        start_import(new_id(), actor=HOUSE, at=NOW)

    assert find_upload(upload_id).state == Upload.State.CHECKING


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("members.csv", "members.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\가게\\회원.csv", "회원.csv"),
        ("a\0b\n\x1b[31mc.csv", "ab[31mc.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("", "file.csv"),
        ("/", "file.csv"),
    ],
)
def test_name__of_a_file__is_shown_clean_and_never_a_path(given: str, shown: str) -> None:
    assert clean_name(given) == shown
