"""What people call the events of the timeline."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dangol.core.events.payloads import Payload
from dangol.web.reward_event_words import detail_of, icon_of

EVENTS: Mapping[str, Promise] = {
    "order.placed": lazy("구매"),
    "gift_card.moved": lazy("상품권 금액 변동"),
    "store_credit.moved": lazy("예치금 변동"),
    "order.returned": lazy("반품"),
    "order.delivered": lazy("배송 완료"),
    "order.confirmed": lazy("구매 확정"),
    "order.claimed": lazy("손님 주문 찾아감"),
    "points.earned": lazy("포인트 적립"),
    "points.spent": lazy("포인트 사용"),
    "points.expired": lazy("포인트 소멸"),
    "points.adjusted": lazy("포인트 조정"),
    "points.gift_sent": lazy("포인트 선물 보냄"),
    "points.gift_received": lazy("포인트 선물 받음"),
    "tier.changed": lazy("등급 바뀜"),
    "customer.joined": lazy("회원 가입"),
    "customer.left": lazy("탈퇴"),
    "consent.granted": lazy("수신 동의"),
    "consent.withdrawn": lazy("수신 거부"),
    "segment.entered": lazy("세그먼트에 들어옴"),
    "segment.left": lazy("세그먼트에서 나감"),
    "behavior.viewed": lazy("상품 봄"),
    "page.viewed": lazy("페이지 봄"),
    "screen.viewed": lazy("앱 화면 봄"),
    "group.joined": lazy("그룹에 들어감"),
    "alias.told": lazy("다른 이름으로 알려짐"),
    "behavior.tracked": lazy("앱이 보낸 활동"),
    "traits.told": lazy("앱이 알려준 속성"),
    "traits.reported": lazy("새 속성을 알게 됨"),
    "customer.updated": lazy("고객 정보 바뀜"),
    "customer.merged": lazy("다른 고객과 합침"),
    "customer.unmerged": lazy("합친 고객을 나눔"),
    "customer.erased": lazy("고객 정보를 지움"),
    "points.posted": lazy("적립 예정 포인트가 열림"),
    "points.voided": lazy("적립 예정 포인트 취소"),
    "points.clawed_back": lazy("적립 포인트 회수"),
    "points.revived": lazy("사라진 포인트 되살림"),
    "points.restored": lazy("쓴 포인트 돌려줌"),
    "points.settled": lazy("포인트로 빚을 갚음"),
    "points.forfeited": lazy("떠난 고객의 포인트 소멸"),
    "points.merge_sent": lazy("합치며 포인트 넘김"),
    "points.merge_received": lazy("합치며 포인트 받음"),
    "tier.reviewed": lazy("등급 심사"),
    "reward.redeemed": lazy("리워드 교환"),
    "reward.handed_over": lazy("리워드 건네줌"),
    "reward.canceled": lazy("리워드 취소"),
    "reward.lapsed": lazy("교환권 기한 지남"),
    "stamps.added": lazy("도장 찍음"),
    "stamps.taken": lazy("도장 뺌"),
    "stamp_card.filled": lazy("도장 카드 채움"),
    "stamp_card.given": lazy("도장 카드 선물 받음"),
    "stamp_card.revoked": lazy("도장 카드 선물 거둠"),
    "stamp_card.expired": lazy("도장 카드 기간이 끝남"),
    "referral.told": lazy("추천 코드를 말함"),
    "referral.earned": lazy("추천의 조건을 채움"),
    "referral.given": lazy("추천으로 받음"),
    "referral.capped": lazy("추천의 한도가 참"),
    "referral.taken_back": lazy("추천으로 받은 것을 되돌림"),
    "referral.ended": lazy("추천이 끝남"),
    "household.joined": lazy("가족에 들어감"),
    "household.left": lazy("가족에서 나옴"),
    "household.spent": lazy("가족 포인트를 씀"),
    "sale.committed": lazy("프로모션을 적용한 판매"),
    "sale.canceled": lazy("판매 취소"),
    "sale.returned": lazy("판매 반품"),
}

# Why points moved, where it is a known word.
REASONS: Mapping[str, Promise] = {
    "order": lazy("구매"),
    "return": lazy("반품"),
    "over_limit": lazy("가질 수 있는 최대 포인트를 넘음"),
    "import": lazy("옮겨 온 포인트"),
    "merge": lazy("고객 합치기"),
    "unmerge": lazy("고객 합치기를 되돌림"),
    "erase": lazy("탈퇴"),
    "household": lazy("가족 포인트"),
    "checkout": lazy("결제에 씀"),
    "promotion": lazy("프로모션"),
    "referral": lazy("친구 초대"),
    "stamps": lazy("도장 카드"),
    "event_rule": lazy("활동"),
    "reward_lapsed": lazy("교환권 기한 지남"),
}


def event_name(event: str) -> str:
    """Return what people call an event; one that an app has named keeps its name."""
    return str(EVENTS.get(event, event))


def tell_plainly(event: str, payload: Payload) -> tuple[str, str, str]:
    """Return an event for a timeline by what people call it: icon, what happened, and more where there is."""
    return icon_of(event), event_name(event), detail_of(payload)
