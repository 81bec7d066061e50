"""Imports in words: kinds, columns, where a file stands, and what refusals mean on a page."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.connectors.files import errors
from dangol.connectors.files.columns import Kind
from dangol.connectors.files.models import Upload
from dangol.connectors.files.uploads import UploadView
from dangol.core.refusals import Facts, Words, words_by_code
from dangol.web.formats import format_money, format_number, format_points

S = Upload.State
KINDS: Mapping[Kind, Promise] = {
    Kind.CUSTOMERS: _("회원"),
    Kind.PRODUCTS: _("상품"),
    Kind.ORDERS: _("주문"),
    Kind.RETURNS: _("반품"),
    Kind.BALANCES: _("예전 포인트"),
    Kind.TIERS: _("등급"),
    Kind.CONSENTS: _("수신 동의"),
}
STATES: Mapping[str, tuple[Promise, str, str]] = {
    S.CHECKING: (_("읽고 있어요"), "info", "loader"),
    S.READY: (_("가져올 수 있어요"), "pri", "circle-check"),
    S.REFUSED: (_("읽지 못했어요"), "bad", "circle-alert"),
    S.IMPORTING: (_("가져오고 있어요"), "info", "loader"),
    S.DONE: (_("가져왔어요"), "good", "circle-check"),
    S.UNDOING: (_("되돌리고 있어요"), "info", "loader"),
    S.UNDONE: (_("되돌렸어요"), "", "undo-2"),
    S.DISCARDED: (_("버렸어요"), "", "trash-2"),
}
STUCK = (_("멈췄어요"), "bad", "circle-alert")
COLUMNS: Mapping[str, Promise] = {
    "customer": _("회원 번호"), "phone": _("휴대폰 번호"), "email": _("이메일"), "card": _("멤버십 카드"),
    "name": _("이름"), "birthday": _("생일"), "joined_at": _("가입한 때"), "language": _("언어"),
    "product": _("상품 번호"), "category": _("분류"), "category_2": _("중분류"), "category_3": _("소분류"),
    "brand": _("브랜드"), "order": _("주문 번호"), "return": _("반품 번호"), "placed_at": _("주문한 때"),
    "returned_at": _("반품한 때"), "time": _("시각"), "quantity": _("수량"), "amount": _("결제 금액"),
    "list_amount": _("정가"), "discount": _("할인"), "store": _("매장"), "channel": _("채널"),
    "currency": _("통화"), "earns": _("적립 여부"), "order_discounts": _("주문 전체 할인"),
    "tenders": _("결제 수단"), "points": _("포인트"), "earned_at": _("적립한 때"),
    "expires_on": _("소멸일"), "lot": _("적립분 번호"), "tier": _("등급"), "since": _("시작한 때"),
    "held_until": _("끝나는 날"), "purpose": _("목적"), "granted": _("동의 여부"), "at": _("동의한 때"),
    "wording": _("동의 문구"), "line": _("줄 번호"),
}  # fmt: skip
_PRODUCT_NAME = _("상품 이름")
ENCODINGS = ("utf-8", "cp949", "utf-16-le", "utf-16-be", "shift_jis", "windows-1252")
DELIMITERS: Mapping[str, Promise] = {
    ",": _("쉼표(,)"), ";": _("쌍반점(;)"), "\t": _("탭"), "|": _("세로줄(|)"),
}  # fmt: skip
_COUNTS: Mapping[str, Promise] = {
    "customers": _("고객"), "products": _("상품"), "orders": _("주문"), "returns": _("반품"),
    "lines": _("주문 줄"), "guests": _("누구인지 모르는 손님"), "lots": _("적립분"), "points": _("포인트"),
    "tiers": _("등급"), "consents": _("동의와 철회"), "repeated": _("이미 있어서 그대로 둔 것"),
    "repeated_orders": _("이미 있어서 그대로 둔 주문"), "repeated_returns": _("이미 있어서 그대로 둔 반품"),
    "unlinked_returns": _("주문을 찾지 못한 반품"), "undone": _("앞서 되돌려서 가져오지 않은 것"),
    "known_customers": _("이미 있는 고객"), "new_customers": _("새로 생기는 고객"),
    "net_minor": _("판매액"), "returned_minor": _("돌려준 금액"),
}  # fmt: skip
_EFFECTS: Mapping[Kind, Promise] = {
    Kind.CUSTOMERS: _("새 회원을 만들고 이미 있는 회원의 정보를 고쳐요. 포인트는 움직이지 않아요."),
    Kind.PRODUCTS: _("상품을 더하고 고쳐요. 포인트는 움직이지 않아요."),
    Kind.ORDERS: _("적립 프로그램이 있으면 주문마다 그때의 규칙대로 적립하고 등급을 셈해요."),
    Kind.RETURNS: _("돌려받은 만큼 적립한 포인트를 거두고 등급을 다시 셈해요."),
    Kind.BALANCES: _("예전 포인트를 원장에 그대로 더해요."),
    Kind.TIERS: _("파일에 적힌 등급을 줘요. 포인트는 움직이지 않아요."),
    Kind.CONSENTS: _("동의와 철회를 적힌 때의 기록으로 남겨요. 포인트는 움직이지 않아요."),
}
_CUT_OVER = _("{day} 앞의 주문은 이력과 등급만 만들고 적립하지 않아요.")
# What the same refusal says on a page, where there are no options to type.
_ON_PAGES: Mapping[str, Words] = {
    errors.FileMissing.code: Words(_("올린 파일이 서버에 없어요."), _("파일을 다시 올려 주세요.")),
    errors.FileEmpty.code: Words(
        _("파일에 머리글이 없어요."), _("첫 줄에 열 이름이 있는 파일을 올려 주세요.")
    ),
    errors.Undecodable.code: Words(
        _("{line}번째 줄을 읽을 수 없어요. 시도한 인코딩: {tried}"),
        _("아래에서 인코딩을 고르거나 CSV UTF-8로 다시 저장해서 올려 주세요."),
    ),
    errors.ColumnMissing.code: Words(
        _("꼭 있어야 하는 ‘{column}’ 열을 찾지 못했어요."),
        _("아래에서 어느 열인지 고르거나 종류를 바꿔 주세요."),
    ),
    errors.ColumnUnknown.code: Words(
        _("고른 열이 파일에 없어요."), _("아래에서 열을 다시 골라 주세요.")
    ),
    errors.ColumnTwice.code: Words(
        _("같은 이름의 열이 둘이어서 ‘{column}’을(를) 고를 수 없어요."),
        _("파일에서 한 열의 이름을 바꿔 다시 올려 주세요."),
    ),
    errors.BadOption.code: Words(
        _("‘{value}’은(는) 쓸 수 없는 값이에요. {known}"), _("다르게 골라 주세요.")
    ),
    errors.PointsSpent.code: Words(
        _("가져온 것으로 생긴 포인트를 이미 썼어요: {orders}건, {points}포인트."),
        _("쓴 것은 남기고 나머지만 되돌릴 수 있어요."),
    ),
}  # fmt: skip


def state_chip(view: UploadView) -> tuple[Promise, str, str]:
    """Return where an upload stands: the words, the color of the chip and its icon."""
    return STUCK if view.is_stuck else STATES[view.state]


def column_name(name: str, kind: Kind = Kind.CUSTOMERS) -> str:
    """Return what people call a column of such a file."""
    if name == "name" and kind in {Kind.ORDERS, Kind.PRODUCTS}:
        return str(_PRODUCT_NAME)
    return str(COLUMNS.get(name, name))


def explain_refusal(code: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do on the page."""
    words = _ON_PAGES.get(code) or words_by_code().get(code)
    if words is None:
        return code, ""
    said = Facts(facts)
    if "column" in said:
        said["column"] = column_name(str(said["column"]))
    return str(words.sentence).format_map(said), str(words.remedy).format_map(said)


def explain_failure(failure: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the words of the refusal that was written down, if there is one."""
    return explain_refusal(failure["code"], failure["facts"]) if failure else None


def effects(view: UploadView) -> Iterator[str]:
    """Yield what importing a file does, in sentences."""
    yield str(_EFFECTS[view.kind])
    if view.asked.cut_over:
        yield str(_CUT_OVER).format(day=view.asked.cut_over)


def figures(found: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    """Yield what was counted, each with its name; what has no words or is nothing is left out."""
    for name, words in _COUNTS.items():
        value = found.get(name)
        if not isinstance(value, int) or not value:
            continue
        if name.endswith("_minor"):
            yield str(words), format_money(value, currency)
        else:
            yield str(words), format_points(value) if name == "points" else format_number(value)
