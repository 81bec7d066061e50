"""Refusals in words: in the reader's language, and never worse than the refusal itself."""

import pytest
from django.utils.translation import override

from dangol.core.refusals import Words, explain, register
from dangol.domain.errors import DomainError


class BellCracked(DomainError):
    """Only for these tests."""

    code = "bell.is_cracked"


class BellSilent(DomainError):
    """Only for these tests, and without words."""

    code = "bell.is_silent"


register({BellCracked.code: Words("종이 {count:,}번 깨졌어요.", "{smith}에게 가세요.")})


def test_explain__known_code__says_what_and_what_next() -> None:
    assert explain(BellCracked(count=1_200, smith="대장장이")) == (
        "종이 1,200번 깨졌어요.",
        "대장장이에게 가세요.",
    )


def test_explain__a_fact_is_missing__still_says_the_rest() -> None:
    assert explain(BellCracked()) == ("종이 …번 깨졌어요.", "…에게 가세요.")


def test_explain__no_words__shows_code_and_facts() -> None:
    with override("ko"):
        sentence, remedy = explain(BellSilent(hour=3))

    assert "bell.is_silent hour=3" in sentence
    assert not remedy


def test_register__a_second_time__is_a_bug() -> None:
    with pytest.raises(AssertionError):
        register({BellCracked.code: Words("또 깨졌어요.")})
