"""Members to whom nothing can be done now: erased for good, or their key is not there. Said in words."""

from datetime import datetime
from typing import NamedTuple

from django.http import Http404
from django.utils.translation import gettext as _

from dangol.core.people.erasures import find_erasure
from dangol.core.people.selectors import PersonView
from dangol.web.formats import format_date, format_local


class Closing(NamedTuple):
    """Why a member is closed: a status of HTTP, what happened, and what to do."""

    status: int
    title: str
    words: str


class MemberClosed(Exception):
    """Nothing can be done to this member; `closing` says why. The guard answers with a page of it."""

    def __init__(self, closing: Closing) -> None:
        super().__init__(closing.title)
        self.closing = closing


def closing_of(person: PersonView) -> Closing | None:
    """Return why nothing can be done to somebody; None where they are open."""
    if person.is_open:
        return None
    if person.keyless:
        return Closing(503, _("이 회원의 키가 지금 없어요"), keyless_words())
    erasure = find_erasure(person.customer_id)
    return Closing(410, _("지워진 회원이에요"), _erased_words(erasure.at if erasure else None))


def require_open(person: PersonView | None) -> None:
    """Raise MemberClosed for somebody erased or keyless, and Http404 for nobody."""
    if person is None:
        raise Http404
    closing = closing_of(person)
    if closing:
        raise MemberClosed(closing)


def keyless_words() -> str:
    """Return what to do where a person's key is missing."""
    return _(
        "키 저장소에 이 회원의 키가 없어서 이름과 연락처를 열 수 없고, 바꿀 수도 없어요. 포인트와 구매 내역은"
        " 그대로예요. 운영하는 사람이 키 저장소를 백업에서 되돌리면 다시 할 수 있어요: dangol restore --keys"
    )


def _erased_words(at: datetime | None) -> str:
    rest = _("누구였는지는 남아 있지 않고, 되돌릴 수 없어요.")
    if at is None:
        return rest
    return _("%(day)s에 개인정보를 지웠어요.") % {"day": format_date(format_local(at).date())} + " " + rest
