"""Identities: one form for each value, and a refusal for what is none."""

import pytest
from hypothesis import given, settings, strategies as st

from dangol.core.people.identities import Kind, index_form, normalize_identity
from dangol.core.people.refused_values import (
    EmptyValue,
    NotAnEmail,
    NotAPhone,
    NotDigits,
    PaymentCard,
    PlaceholderValue,
    RefusedValue,
    ResidentNumber,
    TooLong,
    UnseenCharacter,
    WrongLength,
)
from tests.sizes import SIZE


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        (Kind.EXTERNAL, " 1519 ", "1519"),
        (Kind.EXTERNAL, "ab-Ab", "ab-Ab"),
        (Kind.EXTERNAL, "가게", "가게"),
        (Kind.EMAIL, " Haneul.Kim+shop@Example.COM. ", "Haneul.Kim+shop@example.com"),
        (Kind.EMAIL, "ｈａ@ｅｘａｍｐｌｅ．ｃｏｍ", "ha@example.com"),
        (Kind.EMAIL, "민지@단골.한국", "민지@단골.한국"),
        (Kind.PHONE, "010-2345-6789", "+821023456789"),
        (Kind.PHONE, "０１０ ２３４５ ６７８９", "+821023456789"),
        (Kind.PHONE, "+82 (0)10 2345 6789", "+821023456789"),
        (Kind.PHONE, "02-312-3456", "+8223123456"),
        (Kind.PHONE, "+1 206 555 0100", "+12065550100"),
        (Kind.CARD, "8801 2345-6789", "880123456789"),
        (Kind.CARD, "4111 1111 1111 1112", "4111111111111112"),
        (Kind.ANONYMOUS, "d290f1ee-6c54-4b01-90e6-d701748f0851", "d290f1ee-6c54-4b01-90e6-d701748f0851"),
    ],
)
def test_normalize_identity__one_value_in_many_spellings__one_form(
    kind: Kind, value: str, normal: str
) -> None:
    assert normalize_identity(kind, value, region="KR") == normal


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (Kind.EXTERNAL, "  ", EmptyValue),
        (Kind.EXTERNAL, "NULL", PlaceholderValue),
        (Kind.EXTERNAL, "-1", PlaceholderValue),
        (Kind.EXTERNAL, "0000", PlaceholderValue),
        (Kind.EXTERNAL, "0.0", PlaceholderValue),
        (Kind.EXTERNAL, "\ufeff1519", UnseenCharacter),
        (Kind.EXTERNAL, "15\x0019", UnseenCharacter),
        (Kind.EXTERNAL, "9" * 65, TooLong),
        (Kind.EXTERNAL, "900314-1234567", ResidentNumber),
        (Kind.EMAIL, "n/a", PlaceholderValue),
        (Kind.EMAIL, "haneul", NotAnEmail),
        (Kind.EMAIL, "ha neul@example.com", NotAnEmail),
        (Kind.EMAIL, "haneul@localhost", NotAnEmail),
        (Kind.EMAIL, "ha@neul@example.com", NotAnEmail),
        (Kind.EMAIL, "@example.com", NotAnEmail),
        (Kind.PHONE, "12", NotAPhone),
        (Kind.PHONE, "0", PlaceholderValue),
        (Kind.PHONE, "010-0000-0000", PlaceholderValue),
        (Kind.CARD, "0000-", PlaceholderValue),
        (Kind.CARD, "0000 0000-0000", PlaceholderValue),
        (Kind.PHONE, "1588-1588 ext. 2", NotAPhone),
        (Kind.CARD, "A-1234567", NotDigits),
        (Kind.CARD, "123", WrongLength),
        (Kind.CARD, "4111 1111 1111 1111", PaymentCard),
        (Kind.CARD, "3782 822463 10005", PaymentCard),
    ],
)
def test_normalize_identity__no_value_of_its_kind__refused_with_its_field(
    kind: Kind, value: str, refusal: type[RefusedValue]
) -> None:
    with pytest.raises(refusal) as refused:
        normalize_identity(kind, value, region="KR")

    assert refused.value.field == kind
    assert value.strip() not in str(refused.value) or not value.strip()


def test_index_form__e_mail_in_another_case__found_alike() -> None:
    spelled = [normalize_identity(Kind.EMAIL, text, region="") for text in ("Ha@x.kr", "hA@X.kr")]

    assert spelled == ["Ha@x.kr", "hA@x.kr"]
    assert len({index_form(Kind.EMAIL, one) for one in spelled}) == 1


@settings(max_examples=SIZE.examples * 3)
@given(
    kind=st.sampled_from(list(Kind)),
    value=st.one_of(
        st.text(max_size=40),
        st.emails(),
        st.from_regex(r"\+?[0-9 -]{6,18}", fullmatch=True),
        st.builds("{}@{}".format, st.text(max_size=10), st.text(max_size=20)),
    ),
)
def test_normalize_identity__normal_form__normal_again(kind: Kind, value: str) -> None:
    try:
        normal = normalize_identity(kind, value, region="KR")
    except RefusedValue:
        return

    assert normalize_identity(kind, normal, region="KR") == normal
    assert index_form(kind, index_form(kind, normal)) == index_form(kind, normal)
