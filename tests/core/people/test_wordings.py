"""What is shown before somebody agrees: it names what is asked for, and no version ever means two texts."""

import pytest
from django.utils import translation

from dangol.core.people.wordings import EARLIER, JOINING, MEMBERSHIP
from dangol.web.pages.joining import FIELDS

# What the till's form asks for, as the text names it.
NAMED = {
    "phone": "휴대전화 번호", "name": "이름", "email": "이메일", "birthday": "생일",
    "guardian_name": "법정대리인의 이름", "guardian_phone": "전화번호",
    "friend_code": "추천한 회원",
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_membership__every_field_the_till_asks_for__is_named(field: str) -> None:
    [membership] = [one for one in JOINING if one.purpose == MEMBERSHIP]

    with translation.override("ko"):
        assert NAMED[field] in str(membership.text)


def test_versions__now_and_earlier__each_names_one_text() -> None:
    versions = [one.version for one in (*JOINING, *EARLIER)]

    assert len(versions) == len(set(versions))


def test_earlier__text_of_a_version_given_before__has_not_changed() -> None:
    with translation.override("ko"):
        texts = {one.version: str(one.text) for one in EARLIER}

    assert texts["membership-2026-11"] == (
        "{topic} 멤버십을 운영하려고 이름, 휴대전화 번호, 구매와 포인트 내역을 모아요."
        " 탈퇴할 때까지 보관하고, 법이 더 오래 두라고 한 거래 기록만 그 기간 동안 따로 보관해요."
        " 동의하지 않아도 물건을 살 수 있지만 포인트는 쌓이지 않아요."
    )
