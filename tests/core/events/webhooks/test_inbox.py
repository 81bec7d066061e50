"""Taking in: verified first, each message once, however often and by how many it is sent."""

import threading

import pytest
from django.db import connections

from dangol.core.events.webhooks.errors import HeaderMissing, SignatureWrong
from dangol.core.events.webhooks.inbox import take_in, verify
from dangol.core.events.webhooks.models import Received, Signature
from dangol.core.events.webhooks.signing import new_key, show_key, sign
from dangol.core.storage.transactions import write_transaction
from tests.core.events.webhooks.shop import AT
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)


def test_take_in__sent_again__new_only_at_first() -> None:
    with write_transaction():
        assert take_in("shop", ["b", "a", "b"], at=AT) == [True, True, False]
    with write_transaction():
        assert take_in("shop", ["a", "c"], at=AT) == [False, True]
        assert take_in("till", ["a"], at=AT) == [True]
        assert take_in("till", [], at=AT) == []

    assert Received.objects.count() == 4


def test_take_in__what_it_was_for_fails__new_again() -> None:
    def fail() -> None:
        with write_transaction():
            take_in("shop", ["a"], at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with write_transaction():
        assert take_in("shop", ["a"], at=AT) == [True]


@pytest.mark.parametrize("message", ["", "x" * 256, "a\0b"])
def test_take_in__message_without_a_usable_id__refused(message: str) -> None:
    with pytest.raises(HeaderMissing), write_transaction():
        take_in("shop", ["fine", message], at=AT)

    assert not Received.objects.exists()


def test_take_in__outside_a_transaction__is_a_bug() -> None:
    with pytest.raises(AssertionError):
        take_in("shop", ["a"], at=AT)


def test_take_in__many_at_once__each_message_is_new_to_one_alone() -> None:
    messages = [f"m{number}" for number in range(SIZE.rounds)]
    new: list[str] = []
    barrier = threading.Barrier(6)

    def receive(turned: bool) -> None:
        barrier.wait()
        for start in range(0, len(messages), 5):
            batch = messages[start : start + 5]
            batch = batch[::-1] if turned else batch
            with write_transaction():
                said = take_in("shop", batch, at=AT)
            new.extend(one for one, is_new in zip(batch, said, strict=True) if is_new)
        connections.close_all()

    threads = [threading.Thread(target=receive, args=(bool(number % 2),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(new) == sorted(messages)


def test_verify__forged__refused_before_anything_is_noted() -> None:
    key = new_key(Signature.HMAC)
    headers = sign([new_key(Signature.HMAC)], message="m", at=AT, body="{}")

    with pytest.raises(SignatureWrong):
        verify(headers, b"{}", show_key(key), at=AT)

    assert not Received.objects.exists()
