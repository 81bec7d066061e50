"""What refusals say of days and instants: as pages say them, in the shop's time and the reader's language."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from dangol.core.access.keys import KeyExpired
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.households.errors import TooSoon


@pytest.mark.parametrize(
    ("error", "tongue", "told"),
    [
        (TooSoon(from_day="2026-12-27"), "ko", "2026년 12월 27일 (일)부터 다시 들 수 있어요."),
        (TooSoon(from_day="2026-12-27"), "en", "Dec 27, 2026 (Sun)"),
        (KeyExpired(expired_at="2026-11-22T03:24:00+00:00"), "ko", "2026년 11월 22일 (일) 오후 12:24에"),
        (KeyExpired(expired_at="2026-11-22T03:24:00+00:00"), "en", "Nov 22, 2026 (Sun) 12:24 PM"),
    ],
)
def test_refusal__with_a_date__tells_it_as_pages_do(error: DomainError, tongue: str, told: str) -> None:
    with override(tongue), timezone.override("Asia/Seoul"):
        assert told in explain(error)[0]
