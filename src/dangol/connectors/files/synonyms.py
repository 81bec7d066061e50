"""What shops call the columns of their files, in Korean and English, the likeliest word first.

A key is a column's name, or a kind and a column's name where the words differ from the other kinds'.
"""

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "customer": (
        "고객번호, 회원번호, 고객코드, 회원코드, 고객아이디, 회원아이디, 고객id, 회원id, 외부id, "
        "고객, customer, customer_id, customer number, customer_no, external_id, member_id, "
        "member number, household_id, user_id, client_id, loyalty_id, customer code, household, "
        "id"
    ),
    "phone": (
        "휴대폰, 휴대폰번호, 휴대전화, 전화번호, 연락처, 핸드폰, 핸드폰번호, 고객전화, phone, "
        "phone number, mobile, mobile number, cell, tel, telephone"
    ),
    "email": "이메일, 이메일주소, 메일, 전자우편, email, e-mail, email address, mail",
    "card": (
        "멤버십카드, 멤버십번호, 카드번호, 포인트카드, 회원카드, card, card number, loyalty card, member card"
    ),
    "name": "이름, 성명, 고객명, 회원명, name, full name, customer name",
    "birthday": "생일, 생년월일, birthday, birth date, date of birth, dob",
    "joined_at": (
        "가입일, 가입일시, 등록일, 회원가입일, joined_at, joined, join date, created_at, "
        "signup date, registered at, member since"
    ),
    "language": "언어, language, locale, lang",
    "product": (
        "상품코드, 상품번호, 제품코드, 품목코드, 단품코드, 바코드, 상품id, product, product_id, "
        "product number, product code, sku, item_id, item code, item number, article, barcode, "
        "upc, plu, stockcode, 번호, number, id"
    ),
    "products.name": (
        "상품명, 제품명, 품명, 품목명, 이름, name, product name, title, description, product_type"
    ),
    "category": "카테고리, 분류, 상품분류, 대분류, category, category path, department, group",
    "category_2": "중분류, 카테고리2, category_2, subcategory, product_category, class",
    "category_3": "소분류, 카테고리3, category_3, subclass, product_type, type",
    "brand": "브랜드, 제조사, brand, maker, manufacturer",
    "order": (
        "주문번호, 영수증번호, 거래번호, 전표번호, 결제번호, 판매번호, order, order_id, "
        "order number, order_no, receipt, receipt_id, receipt number, basket_id, transaction_id, "
        "invoice, invoice_no, invoice number, ticket"
    ),
    "return": "반품번호, 환불번호, return, return_id, return number",
    "placed_at": (
        "주문일시, 판매일시, 결제일시, 거래일시, 구매일시, 주문일자, 판매일자, 거래일자, 주문일, "
        "판매일, 결제일, 구매일, 일시, 일자, 날짜, placed_at, order date, ordered_at, "
        "transaction_timestamp, transaction date, invoicedate, purchased_at, purchase date, "
        "sold_at, timestamp, datetime, date, created_at"
    ),
    "time": ("주문시간, 판매시간, 거래시간, 결제시간, 시간, 시각, order time, time, transaction time"),
    "orders.product": (
        "상품코드, 상품번호, 제품코드, 품목코드, 단품코드, 바코드, 상품id, product, product_id, "
        "product number, product code, sku, item_id, item code, item number, article, barcode, "
        "upc, plu, stockcode"
    ),
    "orders.name": "상품명, 제품명, 품명, 품목명, product name, item name, description",
    "orders.category": (
        "카테고리, 분류, 상품분류, category, category path, department, product_category, group"
    ),
    "quantity": "수량, 판매수량, 주문수량, 구매수량, quantity, qty, units, count",
    "amount": (
        "결제금액, 실결제금액, 실판매금액, 판매금액, 매출금액, 매출액, 순매출, 합계금액, 금액, "
        "amount, net amount, net, paid, amount paid, sales_value, line total, total, sales, "
        "revenue"
    ),
    "list_amount": (
        "정가금액, 정상금액, 정상가, 정가, 총판매금액, list_amount, list price, gross, gross amount, subtotal"
    ),
    "discount": "할인금액, 할인액, 할인, 에누리, discount, discount amount",
    "store": (
        "매장, 매장코드, 매장번호, 점포, 점포코드, 지점, 지점코드, store, store_id, store number, "
        "store code, shop, branch, location"
    ),
    "channel": "채널, 판매채널, 주문경로, channel, sales channel",
    "currency": "통화, 통화코드, currency, currency code",
    "earns": "적립여부, earns",
    "returns.return": (
        "반품번호, 환불번호, 취소번호, return, return_id, return number, refund_id, refund number, rma"
    ),
    "returns.order": (
        "원주문번호, 원거래번호, 주문번호, 영수증번호, 거래번호, 전표번호, 결제번호, 판매번호, "
        "order, order_id, order number, order_no, receipt, receipt_id, receipt number, basket_id, "
        "transaction_id, invoice, invoice_no, invoice number, ticket"
    ),
    "returned_at": (
        "반품일시, 환불일시, 취소일시, 반품일, 환불일, 취소일, 일시, 날짜, returned_at, "
        "return date, refunded_at, refund date, date, timestamp"
    ),
    "returns.time": "반품시간, 환불시간, 시간, return time, time",
    "returns.product": (
        "상품코드, 상품번호, 제품코드, 품목코드, 단품코드, 바코드, 상품id, product, product_id, "
        "product number, product code, sku, item_id, item code, item number, article, barcode, "
        "upc, plu, stockcode"
    ),
    "returns.amount": (
        "환불금액, 반품금액, 취소금액, refund, refund amount, refunded, 결제금액, 실결제금액, "
        "실판매금액, 판매금액, 매출금액, 매출액, 순매출, 합계금액, 금액, amount, net amount, net, "
        "paid, amount paid, sales_value, line total, total, sales, revenue"
    ),
    "points": (
        "포인트, 예치금, 잔여포인트, 보유포인트, 적립포인트, 마일리지, 잔액, points, balance, "
        "points balance, points left, remaining"
    ),
    "earned_at": "적립일, 적립일시, earned_at, earned on, earn date",
    "expires_on": (
        "소멸일, 만료일, 소멸예정일, 유효기간, expires_on, expires_at, expiry, expiry date, "
        "expiration date, valid until"
    ),
    "lot": "적립번호, 적립분, lot, lot_id, reference",
    "tier": "등급, 회원등급, 멤버십등급, 고객등급, tier, level, grade, membership",
    "since": "등급시작일, 등급적용일, 적용일, since, tier since, from",
    "held_until": "등급만료일, 등급종료일, 유지기한, held_until, tier until, until",
    "consents.channel": "채널, 수신채널, 동의채널, channel",
    "purpose": "목적, 동의목적, 동의항목, purpose",
    "granted": (
        "동의, 동의여부, 수신동의, 수신동의여부, granted, consent, opt in, opted in, subscribed, status"
    ),
    "at": ("동의일시, 동의일, 처리일시, 변경일시, 일시, at, consented_at, consent date, timestamp, date"),
    "wording": "동의문구, 문구, wording, text",
}


def synonyms(kind: str, column: str) -> tuple[str, ...]:
    """Return the headers a column of this kind of import goes by."""
    words = _WORDS.get(f"{kind}.{column}") or _WORDS.get(column, "")
    return tuple(words.split(", ")) if words else ()
