"""Codes that come into the house and leave it: files, sheets of paper, and who may take them."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dangol.core.access.models import AccessEntry
from dangol.core.access.rights import Role
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.coupons.holding import hand_out
from dangol.rooms.rewards.coupons.models import CouponCode, CouponFile
from dangol.rooms.rewards.coupons.selectors import find_batch
from tests.web.coupons import (
    CLERK,
    make,
    offer,
    page_of,
    taken_along,
    tell_coupons,
)
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def bring(clerk: Client, batch: Id, content: bytes, name: str = "codes.csv") -> Any:
    return clerk.post(f"/coupons/{show_id(batch)}/files", {"file": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_import__file__is_looked_at_first_and_then_taken_in_whole(
    clerk: Client, story: Story, encoding: str
) -> None:
    told = tell_coupons(story)
    content = "쿠폰번호\nMOVIE-101\nMOVIE-102\nmovie 101\n12\nWELCOME10\n".encode(encoding)

    address = bring(clerk, told.pool, content)["Location"]
    page = page_of(clerk.get(address))

    assert "번호 2개를 넣어요" in page
    rows = re.findall(r'data-label="줄">(\d+)</td>', page)
    assert rows == ["4", "5", "6"]
    for word in ("파일 위쪽에 같은 번호가 있어요.", "너무 짧아요.", "다른 묶음에 이미 있어요."):
        assert word in page
    assert find_batch(told.pool).made_count == 0, "nothing is written before"

    done = clerk.post(address)
    again = clerk.post(address)

    assert done.status_code == 302
    assert find_batch(told.pool).made_count == 2
    assert "이미 가져왔거나" in page_of(again)
    assert find_batch(told.pool).made_count == 2


def test_import__what_cannot_be_read__is_told_and_kept_nowhere(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    CouponFile.objects.all().delete()

    for content in (b"\x00\x01\x02\xff", b"\x89PNG\r\n\x1a\n\x00\x00"):
        answer = bring(clerk, told.pool, content)
        assert answer.status_code == 422
        assert "쿠폰 번호를 읽을 수 없는 파일" in page_of(answer)
    many = bring(clerk, told.pool, b"12345\n" * 100_001)
    assert (many.status_code, "한 파일에 10만 줄까지예요" in page_of(many)) == (422, True)
    assert clerk.post(f"/coupons/{show_id(told.pool)}/files").status_code == 422
    assert bring(clerk, told.spring, b"ABC-1\n").status_code == 422
    assert not CouponFile.objects.exists()


def test_import__file_of_another_batch_or_thrown_away__is_not_taken_in(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    wrong = f"/coupons/{show_id(told.welcome)}/files/{show_id(told.file_id)}"
    right = f"/coupons/{show_id(told.pool)}/files/{show_id(told.file_id)}"

    assert clerk.get(wrong).status_code == clerk.post(wrong).status_code == 404
    assert clerk.post(f"{wrong}/discard").status_code == 404
    assert clerk.post(f"{right}/discard").status_code == 302
    assert clerk.post(f"{right}/discard").status_code == 302
    assert "이미 가져왔거나" in page_of(clerk.get(right))
    assert not CouponFile.objects.exists()


def test_sheets__many_codes__each_is_printed_once_page_by_page_and_logged(
    clerk: Client, story: Story
) -> None:
    batch = make(offer({"kind": "amount", "minor": 500}), "전단", pattern="####-####-####", code_count=250)
    hand_out(batch, story.regular, "k", actor=CLERK, at=NOW)
    address, printed = f"/coupons/{show_id(batch)}/sheets?each=12", []

    while address:
        page = page_of(clerk.get(address))
        printed += re.findall(r'<p class="code">([^<]+)</p>', page)
        assert page.count("<svg aria-hidden") >= page.count('class="code"')
        found = re.search(r'href="(\?each=12&amp;after=[^"]+)"', page)
        address = f"/coupons/{show_id(batch)}/sheets{found[1].replace('&amp;', '&')}" if found else ""

    free = set(CouponCode.objects.filter(customer_id=None).values_list("shown", flat=True))
    assert len(printed) == 249
    assert set(printed) == free
    assert "$5 할인" in page
    assert [one.rpartition("/")[2] for one in taken_along()] == [
        "sheets?each=12", "sheets?each=12&after=%2A", "sheets?each=12&after=%2A",
    ]  # fmt: skip


def test_sheets__nothing_left_or_generic__says_so_or_fills_one_sheet(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)

    empty = page_of(clerk.get(f"/coupons/{show_id(told.pool)}/sheets"))
    shared = page_of(clerk.get(f"/coupons/{show_id(told.welcome)}/sheets?each=24"))

    assert "인쇄할 번호가 없어요" in empty
    assert shared.count(">WELCOME10<") == 24
    assert "같은 쿠폰이 한 장에" in shared


def test_codes_csv__asked_for__holds_nobody_and_is_logged(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)

    sent = clerk.get(f"/coupons/{show_id(told.spring)}.csv").getvalue().decode("utf-8-sig")

    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(sent))}
    assert rows[told.used] == ["씀", "1", "1", ""]
    assert rows[told.held] == ["주인이 있음", "0", "1", ""]
    assert len(rows) == 31
    assert show_id(story.regular) not in sent
    assert taken_along() == [f"coupons/{show_id(told.spring)}.csv"]
    assert AccessEntry.objects.filter(action="download").latest("at").people == 1


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.AUDITOR])
def test_rights__readers__see_no_way_to_take_codes_along(story: Story, role: Role) -> None:
    told = tell_coupons(story)
    client = sign_in(Client(), "reader", role)
    batch = f"/coupons/{show_id(told.spring)}"

    page = page_of(client.get(batch))

    assert client.get(f"{batch}.csv").status_code == client.get(f"{batch}/sheets").status_code == 403
    assert not any(one in page for one in (f"{batch}.csv", f"{batch}/sheets", f"{batch}/hand-out", "막기"))
    own = page_of(client.get(f"/members/{show_id(story.regular)}/coupons"))
    assert (told.held in own) is (role is Role.AGENT), "who serves members reads codes out to them"
    assert told.held[-4:] in own
    sent = client.post(f"/members/{show_id(story.regular)}/coupons", {"batch": show_id(told.spring)})
    assert sent.status_code == 404
