"""What each kind of import knows: its columns, what they hold, and what shops call them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Type(StrEnum):
    """What a column holds, and so how its text is read."""

    TEXT = "text"
    MONEY = "money"
    QUANTITY = "quantity"
    POINTS = "points"
    INSTANT = "instant"
    DAY = "day"
    FLAG = "flag"


class Column(NamedTuple):
    """A column an import understands. `synonyms` are headers it goes by, the likeliest first.

    `longest` is in characters, for text. A column with `signed` may hold negative numbers.
    """

    name: str
    type: Type
    synonyms: tuple[str, ...] = ()
    required: bool = False
    longest: int = 64
    signed: bool = False
    # Whether a blank cell is judged only together with the row's other cells.
    late: bool = False


class Kind(StrEnum):
    """What a file can hold."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    RETURNS = "returns"
    BALANCES = "balances"
    TIERS = "tiers"
    CONSENTS = "consents"


CUSTOMER = (
    Column("customer", Type.TEXT, (
        "고객번호", "회원번호", "고객코드", "회원코드", "고객아이디", "회원아이디", "고객id", "회원id", "외부id", "고객",
        "customer", "customer_id", "customer number", "customer_no", "external_id", "member_id", "member number", "household_id",
        "user_id", "client_id", "loyalty_id", "customer code", "household", "id",
    ), longest=200),
    Column("phone", Type.TEXT, ("휴대폰", "휴대폰번호", "휴대전화", "전화번호", "연락처", "핸드폰", "핸드폰번호", "고객전화", "phone", "phone number", "mobile", "mobile number", "cell", "tel", "telephone"), longest=40),
    Column("email", Type.TEXT, ("이메일", "이메일주소", "메일", "전자우편", "email", "e-mail", "email address", "mail"), longest=254),
    Column("card", Type.TEXT, ("멤버십카드", "멤버십번호", "카드번호", "포인트카드", "회원카드", "card", "card number", "loyalty card", "member card"), longest=64),
)  # fmt: skip
IDENTITIES: Mapping[str, str] = {"customer": "external", "phone": "phone", "email": "email", "card": "card"}

_PRODUCT = ("상품코드", "상품번호", "제품코드", "품목코드", "단품코드", "바코드", "상품id", "product", "product_id", "product number", "product code", "sku", "item_id", "item code", "item number", "article", "barcode", "upc", "plu", "stockcode")  # fmt: skip
_ORDER = ("주문번호", "영수증번호", "거래번호", "전표번호", "결제번호", "판매번호", "order", "order_id", "order number", "order_no", "receipt", "receipt_id", "receipt number", "basket_id", "transaction_id", "invoice", "invoice_no", "invoice number", "ticket")  # fmt: skip
_QUANTITY = Column("quantity", Type.QUANTITY, ("수량", "판매수량", "주문수량", "구매수량", "quantity", "qty", "units", "count"), signed=True)  # fmt: skip
_AMOUNT = ("결제금액", "실결제금액", "실판매금액", "판매금액", "매출금액", "매출액", "순매출", "합계금액", "금액", "amount", "net amount", "net", "paid", "amount paid", "sales_value", "line total", "total", "sales", "revenue")  # fmt: skip
_PLACE = (
    Column("store", Type.TEXT, ("매장", "매장코드", "매장번호", "점포", "점포코드", "지점", "지점코드", "store", "store_id", "store number", "store code", "shop", "branch", "location"), longest=40),
    Column("channel", Type.TEXT, ("채널", "판매채널", "주문경로", "channel", "sales channel"), longest=20),
    Column("currency", Type.TEXT, ("통화", "통화코드", "currency", "currency code"), longest=10),
)  # fmt: skip
_JOINED = ("가입일", "가입일시", "등록일", "회원가입일", "joined_at", "joined", "join date", "created_at", "signup date", "registered at", "member since")  # fmt: skip
_CATEGORY = ("카테고리", "분류", "상품분류", "category", "category path", "department", "product_category", "group")

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.CUSTOMERS: (
        *CUSTOMER,
        Column("name", Type.TEXT, ("이름", "성명", "고객명", "회원명", "name", "full name", "customer name"), longest=100),
        Column("birthday", Type.DAY, ("생일", "생년월일", "birthday", "birth date", "date of birth", "dob")),
        Column("joined_at", Type.INSTANT, _JOINED),
        Column("language", Type.TEXT, ("언어", "language", "locale", "lang"), longest=2),
    ),
    Kind.PRODUCTS: (
        Column("product", Type.TEXT, (*_PRODUCT, "번호", "number", "id"), required=True),
        Column("name", Type.TEXT, ("상품명", "제품명", "품명", "품목명", "이름", "name", "product name", "title", "description", "product_type"), longest=200),
        Column("category", Type.TEXT, ("카테고리", "분류", "상품분류", "대분류", "category", "category path", "department", "group"), longest=80),
        Column("category_2", Type.TEXT, ("중분류", "카테고리2", "category_2", "subcategory", "product_category", "class"), longest=80),
        Column("category_3", Type.TEXT, ("소분류", "카테고리3", "category_3", "subclass", "product_type", "type"), longest=80),
        Column("brand", Type.TEXT, ("브랜드", "제조사", "brand", "maker", "manufacturer"), longest=100),
    ),
    Kind.ORDERS: (
        Column("order", Type.TEXT, _ORDER, required=True, longest=40, late=True),
        Column("return", Type.TEXT, ("반품번호", "환불번호", "return", "return_id", "return number"), longest=60),
        *CUSTOMER,
        Column("placed_at", Type.INSTANT, ("주문일시", "판매일시", "결제일시", "거래일시", "구매일시", "주문일자", "판매일자", "거래일자", "주문일", "판매일", "결제일", "구매일", "일시", "일자", "날짜", "placed_at", "order date", "ordered_at", "transaction_timestamp", "transaction date", "invoicedate", "purchased_at", "purchase date", "sold_at", "timestamp", "datetime", "date", "created_at"), required=True),
        Column("time", Type.TEXT, ("주문시간", "판매시간", "거래시간", "결제시간", "시간", "시각", "order time", "time", "transaction time"), longest=20),
        Column("product", Type.TEXT, _PRODUCT, required=True),
        Column("name", Type.TEXT, ("상품명", "제품명", "품명", "품목명", "product name", "item name", "description"), longest=200),
        Column("category", Type.TEXT, _CATEGORY, longest=250),
        _QUANTITY,
        Column("amount", Type.MONEY, _AMOUNT, required=True, signed=True),
        Column("list_amount", Type.MONEY, ("정가금액", "정상금액", "정상가", "정가", "총판매금액", "list_amount", "list price", "gross", "gross amount", "subtotal"), signed=True),
        Column("discount", Type.MONEY, ("할인금액", "할인액", "할인", "에누리", "discount", "discount amount"), signed=True),
        *_PLACE,
    ),
    Kind.RETURNS: (
        Column("return", Type.TEXT, ("반품번호", "환불번호", "취소번호", "return", "return_id", "return number", "refund_id", "refund number", "rma"), required=True, longest=60),
        Column("order", Type.TEXT, ("원주문번호", "원거래번호", *_ORDER), longest=40),
        *CUSTOMER,
        Column("returned_at", Type.INSTANT, ("반품일시", "환불일시", "취소일시", "반품일", "환불일", "취소일", "일시", "날짜", "returned_at", "return date", "refunded_at", "refund date", "date", "timestamp"), required=True),
        Column("time", Type.TEXT, ("반품시간", "환불시간", "시간", "return time", "time"), longest=20),
        Column("product", Type.TEXT, _PRODUCT, required=True),
        _QUANTITY,
        Column("amount", Type.MONEY, ("환불금액", "반품금액", "취소금액", "refund", "refund amount", "refunded", *_AMOUNT), required=True, signed=True),
        *_PLACE[2:],
    ),
    Kind.BALANCES: (
        *CUSTOMER,
        Column("points", Type.POINTS, ("포인트", "적립금", "잔여포인트", "보유포인트", "적립포인트", "마일리지", "잔액", "points", "balance", "points balance", "points left", "remaining"), required=True),
        Column("earned_at", Type.INSTANT, ("적립일", "적립일시", "earned_at", "earned on", "earn date")),
        Column("expires_on", Type.DAY, ("소멸일", "만료일", "소멸예정일", "유효기간", "expires_on", "expires_at", "expiry", "expiry date", "expiration date", "valid until")),
        Column("lot", Type.TEXT, ("적립번호", "적립분", "lot", "lot_id", "reference"), longest=40),
    ),
    Kind.TIERS: (
        *CUSTOMER,
        Column("tier", Type.TEXT, ("등급", "회원등급", "멤버십등급", "고객등급", "tier", "level", "grade", "membership"), required=True, longest=40),
        Column("since", Type.INSTANT, ("등급시작일", "등급적용일", "적용일", "since", "tier since", "from")),
        Column("held_until", Type.DAY, ("등급만료일", "등급종료일", "유지기한", "held_until", "tier until", "until")),
    ),
    Kind.CONSENTS: (
        *CUSTOMER,
        Column("channel", Type.TEXT, ("채널", "수신채널", "동의채널", "channel"), required=True, longest=20),
        Column("purpose", Type.TEXT, ("목적", "동의목적", "동의항목", "purpose"), longest=40),
        Column("granted", Type.FLAG, ("동의", "동의여부", "수신동의", "수신동의여부", "granted", "consent", "opt in", "opted in", "subscribed", "status"), required=True),
        Column("at", Type.INSTANT, ("동의일시", "동의일", "처리일시", "변경일시", "일시", "at", "consented_at", "consent date", "timestamp", "date"), required=True),
        Column("wording", Type.TEXT, ("동의문구", "문구", "wording", "text"), longest=2000),
    ),
}  # fmt: skip


def column_of(kind: Kind, name: str) -> Column | None:
    """Return the column of this kind that is called `name`, if there is one."""
    return next((column for column in COLUMNS[kind] if column.name == name), None)
