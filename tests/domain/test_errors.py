"""Refusals as data."""

import pickle

import pytest

from dangol.domain.errors import ERRORS, DomainError


class KettleEmpty(DomainError):
    """Only for these tests."""

    code = "kettle.is_empty"


def test_domain_error__raised_with_facts__keeps_code_and_facts() -> None:
    refusal = KettleEmpty(wanted=3, left=1)

    assert refusal.code == "kettle.is_empty"
    assert refusal.data == {"wanted": 3, "left": 1}
    assert str(refusal) == "kettle.is_empty wanted=3 left=1"
    assert ERRORS["kettle.is_empty"] is KettleEmpty


def test_domain_error__sent_to_another_process__arrives_whole() -> None:
    arrived = pickle.loads(pickle.dumps(KettleEmpty(wanted=3, left=1)))

    assert isinstance(arrived, KettleEmpty)
    assert arrived.data == {"wanted": 3, "left": 1}


@pytest.mark.parametrize("code", ["kettle.is_empty", "kettle", "Kettle.Empty", "kettle.empty!"])
def test_domain_error__code_taken_or_malformed__is_a_bug(code: str) -> None:
    with pytest.raises(AssertionError):
        type("Another", (DomainError,), {"code": code})
