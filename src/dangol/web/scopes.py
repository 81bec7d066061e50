"""What a key may be given, in groups, and what programs of a kind usually need."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.access.rights import Right

# Every right an operation of the API asks for: a key has no use for others.
GROUPS: Sequence[tuple[Promise, Sequence[Right]]] = (
    (
        _("회원"),
        (
            Right.MEMBERS_READ,
            Right.MEMBERS_WRITE,
            Right.CONSENTS_WRITE,
            Right.EVENTS_READ,
            Right.EVENTS_WRITE,
            Right.MEMBERS_UNMASK,
            Right.MEMBERS_EXPORT,
            Right.MEMBERS_MERGE,
            Right.MEMBERS_ERASE,
        ),
    ),
    (
        _("포인트"),
        (Right.POINTS_READ, Right.POINTS_SPEND, Right.POINTS_ADJUST, Right.POINTS_GIFT, Right.APPROVALS_READ),
    ),
    (_("주문"), (Right.ORDERS_READ, Right.ORDERS_WRITE)),
    (_("상품과 매장"), (Right.CATALOG_READ, Right.CATALOG_WRITE)),
    (_("적립 규칙과 등급"), (Right.PROGRAMS_READ, Right.PROGRAMS_WRITE, Right.PROGRAMS_PUBLISH)),
    (_("리워드"), (Right.REWARDS_READ, Right.REWARDS_WRITE, Right.STAMPS_WRITE)),
    (
        _("상품권과 예치금"),
        (Right.STORED_VALUE_READ, Right.STORED_VALUE_SELL, Right.STORED_VALUE_WRITE),
    ),
    (_("세그먼트"), (Right.SEGMENTS_READ, Right.SEGMENTS_WRITE)),
    (_("분석"), (Right.REPORTS_READ,)),
    (_("쿠폰"), (Right.COUPONS_READ, Right.COUPONS_WRITE)),
    (_("작업"), (Right.JOBS_READ, Right.JOBS_WRITE)),
    (_("웹훅"), (Right.WEBHOOKS_READ, Right.WEBHOOKS_WRITE)),
    (_("API 키"), (Right.KEYS_READ, Right.KEYS_WRITE)),
)
_READING = (
    Right.MEMBERS_READ, Right.EVENTS_READ, Right.POINTS_READ, Right.ORDERS_READ, Right.CATALOG_READ,
    Right.PROGRAMS_READ, Right.REWARDS_READ, Right.STORED_VALUE_READ, Right.SEGMENTS_READ, Right.JOBS_READ,
    Right.REPORTS_READ,
)  # fmt: skip
PRESETS: Mapping[str, tuple[Promise, Promise, Sequence[Right]]] = {
    "till": (
        _("계산대"),
        _("회원을 찾고 가입시키고, 적립하고 써요."),
        (
            Right.MEMBERS_READ, Right.MEMBERS_WRITE, Right.CONSENTS_WRITE, Right.POINTS_READ,
            Right.POINTS_SPEND, Right.ORDERS_READ, Right.ORDERS_WRITE, Right.REWARDS_READ,
            Right.STAMPS_WRITE, Right.STORED_VALUE_READ, Right.STORED_VALUE_SELL,
        ),
    ),
    "shop": (
        _("쇼핑몰 연동"),
        _("회원, 주문, 반품과 상품을 보내고 포인트를 보여 줘요."),
        (
            Right.MEMBERS_READ, Right.MEMBERS_WRITE, Right.CONSENTS_WRITE, Right.POINTS_READ,
            Right.POINTS_SPEND, Right.ORDERS_READ, Right.ORDERS_WRITE, Right.CATALOG_READ,
            Right.CATALOG_WRITE, Right.PROGRAMS_READ, Right.REWARDS_READ,
        ),
    ),
    "browser": (
        _("활동 보내기: 웹사이트와 앱"),
        _("방문과 클릭을 보내요. 누구나 볼 수 있는 키라서 그것만 해요."),
        (Right.EVENTS_WRITE,),
    ),
    "server": (
        _("활동 보내기: 서버"),
        _("주문이 되는 활동과 이메일, 전화번호까지 보내요. 밖에 보이지 않는 서버에서만 쓰세요."),
        (Right.EVENTS_WRITE, Right.ORDERS_WRITE, Right.MEMBERS_WRITE),
    ),
    "reading": (_("읽기만"), _("숫자를 모으는 프로그램에 좋아요. 아무것도 바꾸지 못해요."), _READING),
}  # fmt: skip
