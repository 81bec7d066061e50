"""What can be wrong with one row: a stable code, and words for the person who has to mend the file."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import words_by_code


class Code(StrEnum):
    """Why a row was not taken. Codes never change their meaning: people filter errors files by them."""

    MALFORMED = "row.malformed"
    TOO_FEW_CELLS = "row.too_few_cells"
    TOO_MANY_CELLS = "row.too_many_cells"
    LINE_TOO_LONG = "row.line_too_long"
    CELL_TOO_LONG = "row.cell_too_long"
    NUL = "row.nul_character"
    REPEATED = "row.repeated"
    MISSING = "value.missing"
    TEXT_TOO_LONG = "value.too_long"
    CONTROL = "value.control_character"
    NOT_ALLOWED = "value.not_allowed"
    REFUSED = "value.refused"
    AMOUNT = "amount.unreadable"
    AMOUNT_FLOAT = "amount.not_exact"
    AMOUNT_PRECISE = "amount.too_precise"
    AMOUNT_LARGE = "amount.too_large"
    AMOUNT_NEGATIVE = "amount.negative"
    AMOUNTS_DISAGREE = "amount.sums_disagree"
    AMOUNT_LIST = "amount.list_unreadable"
    TIME = "time.unreadable"
    TIME_SERIAL = "time.spreadsheet_serial"
    TIME_FUTURE = "time.in_future"
    TIME_EARLY = "time.too_early"
    CURRENCY = "currency.not_the_shops"
    CUSTOMER_MISSING = "customer.missing"
    GUARDIAN_NEEDED = "people.guardian_needed"
    CUSTOMER_UNKNOWN = "customer.unknown"
    ORDER_CUSTOMERS = "order.several_customers"
    ORDER_PLACES = "order.several_places"
    ORDER_HELD = "order.held_back"
    ORDER_TAKEN = "order.number_taken"
    ORDER_UNDONE = "order.undone"
    RETURN_TAKEN = "return.number_taken"
    LOT_EXPIRED = "lot.already_expired"
    LOT_TAKEN = "lot.key_taken"
    LOT_UNDONE = "lot.undone"


class Words(NamedTuple):
    """What is wrong, and what to do about it."""

    reason: str | Promise
    remedy: str | Promise


WORDS: Mapping[Code, Words] = {
    Code.MALFORMED: Words(
        _("따옴표가 맞지 않아 줄을 읽을 수 없어요."),
        _('칸 안의 따옴표는 두 번 쓰고(""), 여는 따옴표는 꼭 닫아 주세요.'),
    ),
    Code.TOO_FEW_CELLS: Words(_("머리글보다 칸이 적어요."), _("빠진 칸을 빈칸으로라도 채워 주세요.")),
    Code.TOO_MANY_CELLS: Words(
        _("머리글보다 칸이 많아요."), _("구분 기호가 들어간 값은 따옴표로 감싸 주세요.")
    ),
    Code.LINE_TOO_LONG: Words(
        _("한 줄이 1,000,000자를 넘어요."), _("줄바꿈이 빠지지 않았는지 확인해 주세요.")
    ),
    Code.CELL_TOO_LONG: Words(
        _("한 칸이 131,072자를 넘어요."), _("닫히지 않은 따옴표가 없는지 확인해 주세요.")
    ),
    Code.NUL: Words(_("보이지 않는 NUL 문자가 들어 있어요."), _("파일을 CSV(UTF-8)로 다시 저장해 주세요.")),
    Code.REPEATED: Words(_("앞의 줄과 똑같은 열쇠를 가졌어요."), _("한 줄만 남겨 주세요.")),
    Code.MISSING: Words(_("꼭 있어야 하는 값이 비었어요."), _("값을 채워 주세요.")),
    Code.TEXT_TOO_LONG: Words(_("값이 너무 길어요."), _("더 짧게 고쳐 주세요.")),
    Code.CONTROL: Words(_("보이지 않는 제어 문자가 들어 있어요."), _("값을 다시 입력해 주세요.")),
    Code.NOT_ALLOWED: Words(
        _("쓸 수 있는 값이 아니에요."), _("가져오기 안내에 있는 값 가운데 하나로 고쳐 주세요.")
    ),
    Code.REFUSED: Words(_("규칙이 이 값을 받지 않았어요."), _("값을 확인해 주세요.")),
    Code.AMOUNT: Words(_("숫자로 읽을 수 없어요."), _("1234.50이나 1,234.50처럼 적어 주세요.")),
    Code.AMOUNT_FLOAT: Words(
        _("소수 값이 가장 작은 단위에 맞아떨어지지 않아요."),
        _("금액을 십진수(DECIMAL)나 글자로 저장해 주세요."),
    ),
    Code.AMOUNT_PRECISE: Words(
        _("쓸 수 있는 자리보다 소수점 아래가 길어요."), _("가장 작은 단위까지만 적어 주세요.")
    ),
    Code.AMOUNT_LARGE: Words(_("숫자가 너무 커요."), _("단위를 확인해 주세요.")),
    Code.AMOUNT_NEGATIVE: Words(_("음수일 수 없는 값이에요."), _("반품이면 수량을 음수로 적어 주세요.")),
    Code.AMOUNTS_DISAGREE: Words(
        _("정가에서 할인을 뺀 값이 결제 금액과 달라요."), _("세 금액을 맞추거나 한 열을 빼고 가져와 주세요.")
    ),
    Code.AMOUNT_LIST: Words(
        _("이름과 금액의 목록으로 읽을 수 없어요."), _("coupon=1000; card=5000처럼 적어 주세요.")
    ),
    Code.TIME: Words(
        _("날짜로 읽을 수 없어요."), _("2026-03-01 14:05나 2026-03-01T14:05+09:00처럼 적어 주세요.")
    ),
    Code.TIME_SERIAL: Words(
        _("엑셀 날짜 번호예요."), _("엑셀에서 열을 날짜 형식으로 바꾸어 다시 저장해 주세요.")
    ),
    Code.TIME_FUTURE: Words(
        _("하루 넘게 앞선 미래예요."), _("기계의 시계와 시간대(--zone)를 확인해 주세요.")
    ),
    Code.TIME_EARLY: Words(_("1900년보다 앞선 때예요."), _("연도를 네 자리로 적었는지 확인해 주세요.")),
    Code.CURRENCY: Words(
        _("가게의 통화가 아니에요."), _("이 통화의 줄은 따로 두고, 가게 통화의 줄만 가져와 주세요.")
    ),
    Code.CUSTOMER_MISSING: Words(
        _("누구의 줄인지 적혀 있지 않아요."),
        _("고객 번호, 전화번호, 이메일, 카드 번호 가운데 하나를 채워 주세요."),
    ),
    Code.CUSTOMER_UNKNOWN: Words(
        _("모르는 고객이에요."), _("먼저 dangol import customers로 고객을 가져오거나 --create를 붙여 주세요.")
    ),
    Code.ORDER_CUSTOMERS: Words(
        _("한 주문 번호에 고객이 둘 넘게 있어요."), _("주문마다 번호를 다르게 해 주세요.")
    ),
    Code.ORDER_PLACES: Words(
        _("한 주문 번호에 매장이나 채널이 둘 넘게 있어요."), _("주문마다 번호를 다르게 해 주세요.")
    ),
    Code.ORDER_HELD: Words(
        _("같은 주문의 다른 줄이 잘못되어 함께 남겨 두었어요."),
        _("잘못된 줄을 고친 뒤 이 주문의 줄을 모두 다시 가져와 주세요."),
    ),
    Code.ORDER_TAKEN: Words(
        _("같은 번호의 주문이 다른 내용으로 이미 있어요."),
        _("번호를 확인하거나 --source로 출처를 나누어 주세요."),
    ),
    Code.ORDER_UNDONE: Words(
        _("이 번호의 주문은 앞서 가져왔다가 되돌린 것이에요."),
        _("다시 가져오려면 --source에 다른 이름을 적어 주세요."),
    ),
    Code.RETURN_TAKEN: Words(
        _("같은 번호의 반품이 다른 내용으로 이미 있어요."),
        _("번호를 확인하거나 --source로 출처를 나누어 주세요."),
    ),
    # The service's own code: what to do about it in a file is something else than at a till.
    Code.GUARDIAN_NEEDED: Words(
        _("만 14세 미만은 법정대리인이 동의해야 해요."),
        _("생일을 비우고 가져온 뒤, 회원 정보 고치기에서 생일과 법정대리인을 함께 적어 주세요."),
    ),
    Code.LOT_EXPIRED: Words(_("이미 소멸한 포인트예요."), _("소멸일이 지난 줄은 빼 주세요.")),
    Code.LOT_TAKEN: Words(
        _("같은 적립분이 다른 내용으로 이미 있어요."), _("앞서 가져온 파일과 다른 점을 확인해 주세요.")
    ),
    Code.LOT_UNDONE: Words(
        _("이 적립분은 앞서 가져왔다가 되돌린 것이에요."),
        _("다시 가져오려면 --source에 다른 이름을 적어 주세요."),
    ),
}


def explain_code(code: str) -> Words:
    """Return the words of a row's problem, in the active language when they are read.

    A refusal by a service keeps its own code; its sentence may name facts that are not kept with a row.
    """
    if code in set(Code):
        return WORDS[Code(code)]
    found = words_by_code().get(code)
    return Words(found.sentence, found.remedy) if found else Words(_("규칙이 이 줄을 받지 않았어요."), "")


class Problem(NamedTuple):
    """One thing wrong with one row, as it goes into the errors file."""

    file: str
    line: int
    column: str
    value: str
    code: str
    facts: Mapping[str, str | int] = MappingProxyType({})
