"""Senders killed in the middle of a letter, and senders racing for the same ones."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from dangol.core.messaging.models import Message, State
from dangol.core.storage.ids import Id
from tests.core.messaging.ways import a_draft, leave, send_through
from tests.core.people import actors
from tests.sizes import SIZE
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

# Nobody waits minutes to see that a message is taken over from the dead.
SOON_OVER = timedelta(seconds=1)


def left_with(*, keys: int) -> list[Id]:
    return leave(*(a_draft(None, number) for number in range(keys)))


def all_handed() -> bool:
    return not Message.objects.exclude(state=State.HANDED).exists()


@pytest.mark.parametrize("cycle", range(SIZE.kill_cycles))
def test_sender__killed_while_handing_over__loses_nothing(tmp_path: Path, cycle: int) -> None:
    sent, ids = tmp_path / "sent", left_with(keys=5)
    victim = actors.start(send_through, str(sent), SOON_OVER)
    wait_for(lambda: sent.exists() and bool(sent.read_text()))
    victim.kill()
    victim.join()
    assert not Message.objects.filter(state=State.HANDED).exists()

    rescuer = actors.start(send_through, str(sent), SOON_OVER)
    try:
        wait_for(all_handed)
    finally:
        rescuer.kill()
        rescuer.join()

    counted = Counter(sent.read_text().split())
    # The one it was killed over was handed over twice, under the same id; the others once.
    assert sorted(counted.values()) == [1, 1, 1, 1, 2]
    assert counted.keys() == {one.hex() for one in ids}


def test_senders__three_racing__each_message_is_handed_over_once(tmp_path: Path) -> None:
    sent, ids = tmp_path / "sent", left_with(keys=60)
    sent.touch()
    racing = [actors.start(send_through, str(sent)) for _ in range(3)]

    try:
        wait_for(all_handed)
    finally:
        for one in racing:
            one.kill()
            one.join()

    assert Counter(sent.read_text().split()) == Counter(one.hex() for one in ids)
