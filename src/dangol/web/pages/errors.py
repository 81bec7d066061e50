"""What a page says when there is none: what happened, what is safe, what to do."""

import secrets
import sys

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.translation import get_language, gettext as _

from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor, list_owners
from dangol.core.people.data_keys import KeyStoreGone, PersonKeyMissing
from dangol.core.storage.faults import classify
from dangol.web.closed import Closing
from dangol.web.formats import with_josa
from dangol.web.refused import KEY_MISSING, KEYS_GONE, OF_FAULT, Refusal, answer
from dangol.web.roles import right_name, role_name
from dangol.web.watch import request_id_of, route_of

log = structlog.get_logger()


def _page(
    status: int, title: str, words: str, *, home: bool = True, code: str = "", back: str = ""
) -> HttpResponse:
    # Without the request: an error page must not read what may have failed.
    context = {"status": status, "title": title, "words": words, "home": home, "code": code, "back": back}
    return HttpResponse(render_to_string("web/errors/base.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request we cannot read."""
    return _page(400, _("요청을 읽지 못했어요"), _("주소를 확인하고 다시 열어 보세요. 바뀐 것은 없어요."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer someone who may not."""
    return _page(
        403,
        _("이 페이지는 볼 수 없어요"),
        _("볼 수 있는 권한이 필요해요. 필요하다면 가게 주인에게 말해 주세요."),
    )


def no_right(request: HttpRequest, right: Right | None, visitor: Visitor | None = None) -> HttpResponse:
    """Answer someone whose role lacks a right: which one, and who can give it."""
    if right is None or visitor is None:
        return forbidden(request)
    words = _(
        "‘%(right)s’ 권한이 필요해요. 지금 역할은 %(role)s. 역할은 가게 주인(%(owners)s)이 바꿀 수 있어요."
    ) % {
        "right": right_name(right),
        "role": with_josa(role_name(visitor.role), "이에요"),
        "owners": ", ".join(list_owners()),
    }
    return _page(403, _("이 페이지는 볼 수 없어요"), words)


def only_sent(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer who opens an address that forms are sent to: there is nothing to see, the page is above it."""
    answer = _page(
        405, _("여기는 볼 것이 없는 주소예요"),
        _("단추를 누르면 보내지는 주소예요. 바뀐 것은 없어요."), back=_page_above(request.path),
    )  # fmt: skip
    answer["Allow"] = allowed
    return answer


def _page_above(path: str) -> str:
    """Return the nearest address above one that is somebody's; the first page where there is none."""
    parts = path.strip("/").split("/")[:-1]
    while parts:
        above = "/" + "/".join(parts)
        if is_valid_path(above):
            return above
        parts.pop()
    return ""


def closed(closing: Closing) -> HttpResponse:
    """Answer an act on a member who is erased, or whose key is not there."""
    return _page(closing.status, closing.title, closing.words)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer someone who asks too often."""
    return _page(
        429, _("조금 천천히 해 주세요"), _("짧은 시간에 너무 여러 번 보냈어요. 1분 뒤에 다시 해 보세요.")
    )


def staff_link_over(request: HttpRequest) -> HttpResponse:
    """Answer a link of someone who works here that was used or whose time is over."""
    words = _("링크는 한 번만, 72시간 동안 열려요. 가게 주인에게 새 링크를 부탁하세요.")
    return _page(404, _("이 링크로는 열 수 없어요"), words, home=False)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose proof of coming from our page is missing or old."""
    return _page(
        403,
        _("페이지가 오래됐어요"),
        _("보낸 내용은 저장하지 않았어요. 앞 페이지를 새로 고치고 다시 보내 주세요."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return _page(404, _("페이지를 찾지 못했어요"), _("주소가 바뀌었거나 없는 페이지예요."))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer where we made a mistake; the code on the page is the one in the log.

    Where it is the database that cannot just now, it is no mistake: the answer says when to ask again.
    The log has the route, not the address: a member's own address is the key to their page.
    """
    error = sys.exc_info()[1]
    if isinstance(error, KeyStoreGone):
        return refuse(request, KEYS_GONE)
    if isinstance(error, PersonKeyMissing):
        log.warning("page.keyless", route=route_of(request), exc_info=error)
        return refuse(request, KEY_MISSING)
    if fault := classify(error):
        log.warning("page.refused", reason=fault.value, route=route_of(request), exc_info=error)
        return refuse(request, OF_FAULT[fault])
    code = secrets.token_hex(2).upper()
    match = request.resolver_match
    log.error("page.failed", code=code, route=match.route if match else "", exc_info=error)
    words = _("죄송합니다. 저희 쪽에서 생긴 일이에요. 돈과 포인트는 그대로예요. 잠시 뒤 다시 열어 보세요.")
    return _page(500, _("페이지를 보여 드리지 못했어요"), words, code=code)


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer with a refusal, as a page or as the API's problem."""
    told = answer(
        refusal, path=request.path_info, language=get_language() or "ko", request_id=request_id_of(request)
    )
    return HttpResponse(told.body, status=told.status, headers=dict(told.headers))


def link_over(request: HttpRequest) -> HttpResponse:
    """Answer a member's link that was changed or whose time is over."""
    words = _("링크는 30일 동안 열려요. 매장에서 새 링크를 받아 주세요. 포인트는 그대로예요.")
    return _page(404, _("이 링크로는 열 수 없어요"), words, home=False)
