"""What a file holds is guessed from its header."""

import pytest

from dangol.connectors.files.columns import COLUMNS, Kind
from dangol.connectors.files.kinds import guess_kind
from dangol.connectors.files.mapping import guess_columns


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("회원번호,이름,휴대폰,이메일,생일", Kind.CUSTOMERS),
        ("phone", Kind.CUSTOMERS),
        ("상품코드,상품명,카테고리,브랜드", Kind.PRODUCTS),
        ("주문번호,회원번호,주문일시,상품코드,상품명,결제금액", Kind.ORDERS),
        ("order_id,customer_id,order date,sku,product name,quantity,amount,phone,email", Kind.ORDERS),
        ("반품번호,주문번호,반품일시,상품코드,금액", Kind.RETURNS),
        ("회원번호,포인트,적립일,소멸일", Kind.BALANCES),
        ("회원번호,등급,시작일", Kind.TIERS),
        ("회원번호,channel,granted,at", Kind.CONSENTS),
        ("Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID", Kind.ORDERS),
        ("x,y,z", None),
        ("", None),
    ],
)
def test_kind__of_a_header__is_guessed_with_its_columns(header: str, kind: Kind | None) -> None:
    guess = guess_kind(header.split(","))

    assert (guess.kind if guess else None) == kind
    if guess:
        assert guess.columns
        assert set(guess.columns) <= {column.name for column in COLUMNS[guess.kind]}


@pytest.mark.parametrize("kind", Kind)
def test_kind__own_names_of_every_column__is_that_kind(kind: Kind) -> None:
    header = [column.name for column in COLUMNS[kind]]

    guess = guess_kind(header)

    assert guess
    assert guess.kind == kind
    assert guess_columns(kind, header) == {name: name for name in header}


def test_kind__two_columns_of_one_name__is_no_error() -> None:
    guess = guess_kind(["회원번호", "회원번호", "이름"])

    assert guess
    assert (guess.kind, set(guess.columns)) == (Kind.CUSTOMERS, {"customer", "name"})
