"""Roles and rights in words, for pages: the list itself is in `core/access/rights.py`."""

from collections.abc import Collection, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, ngettext

from dangol.core.access.rights import Right, Role

ROLE_NAMES: Mapping[Role, Promise] = {
    Role.OWNER: _("가게 주인"),
    Role.MARKETER: _("마케터"),
    Role.AGENT: _("상담원"),
    Role.ANALYST: _("분석가"),
    Role.STORE: _("매장 직원"),
    Role.AUDITOR: _("감사자"),
}
ROLE_WORDS: Mapping[Role, Promise] = {
    Role.OWNER: _("모든 것을 보고 바꿔요. 직원을 초대하고 역할을 정해요."),
    Role.MARKETER: _("회원과 숫자를 보고, 세그먼트와 적립 규칙의 초안을 만들고, 파일을 가져와요."),
    Role.AGENT: _("회원을 돕고, 연락처를 열어 보고, 포인트를 조정해요."),
    Role.ANALYST: _("숫자와 활동을 보기만 해요. 연락처는 가려져 있어요."),
    Role.STORE: _("계산대에서 적립하고 쓰고 가입시켜요. 한 매장에 묶을 수 있어요."),
    Role.AUDITOR: _("누가 무엇을 했는지 보기만 해요. 아무것도 바꾸지 못해요."),
}
RIGHT_NAMES: Mapping[Right, Promise] = {
    Right.REPORTS_READ: _("현황 보기"),
    Right.MEMBERS_READ: _("회원 보기"),
    Right.MEMBERS_WRITE: _("회원 정보 바꾸기"),
    Right.MEMBERS_UNMASK: _("가린 연락처 열어 보기"),
    Right.MEMBERS_EXPORT: _("회원 내려받기"),
    Right.MEMBERS_MERGE: _("회원 합치기"),
    Right.MEMBERS_ERASE: _("회원 지우기"),
    Right.REQUESTS_WRITE: _("본인 요청 받고 답하기"),
    Right.CONSENTS_WRITE: _("수신 동의 기록하기"),
    Right.POINTS_READ: _("포인트 보기"),
    Right.POINTS_SPEND: _("포인트 쓰기"),
    Right.POINTS_ADJUST: _("포인트 조정하기"),
    Right.POINTS_GIFT: _("포인트 선물하기"),
    Right.ORDERS_READ: _("주문 보기"),
    Right.ORDERS_WRITE: _("주문 기록하기"),
    Right.TILL_USE: _("계산대 쓰기"),
    Right.CATALOG_READ: _("상품과 매장 보기"),
    Right.CATALOG_WRITE: _("상품과 매장 바꾸기"),
    Right.PROGRAMS_READ: _("적립 규칙과 등급 보기"),
    Right.PROGRAMS_WRITE: _("적립 규칙과 등급의 초안 쓰기"),
    Right.PROGRAMS_PUBLISH: _("적립 규칙과 등급 발행하기"),
    Right.REWARDS_READ: _("리워드와 교환 보기"),
    Right.REWARDS_WRITE: _("리워드 만들고 바꾸기"),
    Right.STAMPS_WRITE: _("도장 찍고 되돌리기"),
    Right.STORED_VALUE_READ: _("상품권과 예치금 보기"),
    Right.STORED_VALUE_SELL: _("상품권 팔고 충전하기"),
    Right.STORED_VALUE_WRITE: _("예치금 주고 빼기, 상품권 막고 환급하기"),
    Right.SEGMENTS_READ: _("세그먼트 보기"),
    Right.SEGMENTS_WRITE: _("세그먼트 만들고 바꾸기"),
    Right.COUPONS_READ: _("쿠폰 보기"),
    Right.COUPONS_WRITE: _("쿠폰 만들고 막기"),
    Right.IMPORTS_WRITE: _("파일 가져오기"),
    Right.JOBS_READ: _("작업 보기"),
    Right.JOBS_WRITE: _("작업 다시 하기"),
    Right.EVENTS_READ: _("활동 보기"),
    Right.EVENTS_WRITE: _("활동 보내기"),
    Right.WEBHOOKS_READ: _("웹훅 보기"),
    Right.WEBHOOKS_WRITE: _("웹훅 바꾸기"),
    Right.KEYS_READ: _("API 키 보기"),
    Right.KEYS_WRITE: _("API 키 만들고 없애기"),
    Right.STAFF_READ: _("직원 보기"),
    Right.STAFF_WRITE: _("직원 관리하기"),
    Right.APPROVALS_READ: _("승인 요청 보기"),
    Right.APPROVALS_DECIDE: _("승인하기"),
    Right.ACCESS_LOG_READ: _("열람 기록 보기"),
    Right.ACCESS_LOG_REVIEW: _("열람 기록 점검하고 서명하기"),
    Right.INCIDENTS_WRITE: _("유출 사고 적고 알리기"),
    Right.HEALTH_READ: _("상태 보기"),
    Right.SETTINGS_WRITE: _("설정 바꾸기"),
}


def role_name(role: str) -> str:
    """Return what a role is called."""
    return str(ROLE_NAMES[Role(role)])


def right_name(right: Right) -> str:
    """Return what a right lets one do; a new one without words is shown as it is."""
    return str(RIGHT_NAMES.get(right, right.value))


def scopes_in_words(scopes: Collection[Right]) -> str:
    """Return what a key may do, in a line: the first two of its scopes, and how many more there are."""
    names = [right_name(right) for right in Right if right in scopes]
    shown, more = ", ".join(names[:2]), len(names) - 2
    if more <= 0:
        return shown
    return shown + " " + ngettext("외 {count}가지", "외 {count}가지", more).format(count=more)
