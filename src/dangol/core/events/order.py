"""The check that a consumer is handed each customer's events in the customer's own order."""

from collections.abc import Iterable, Mapping

from dangol.core.storage.ids import Id

REMEMBERED = 200_000


class OutOfOrder(Exception):
    """A consumer was about to be handed a customer's event out of turn: a bug that must stop it."""


class OrderCheck:
    """Remembers each customer's last number that passed, for up to 200,000 customers at a time.

    With `gapless` numbers go up by one; without (a consumer that wants only some events) they go up.
    """

    def __init__(self, *, gapless: bool) -> None:
        self._gapless = gapless
        self._passed: dict[Id, int] = {}

    def follow(self, numbers: Iterable[tuple[Id, int]]) -> Mapping[Id, int]:
        """Return each customer's last number after these; raises OutOfOrder where one is out of turn."""
        passed: dict[Id, int] = {}
        for customer_id, seq in numbers:
            last = passed.get(customer_id, self._passed.get(customer_id))
            if last is not None and (seq != last + 1 if self._gapless else seq <= last):
                raise OutOfOrder(f"{customer_id.hex()}: {seq} after {last}")
            passed[customer_id] = seq
        return passed

    def forget(self) -> None:
        """Begin anew: somebody else has handled events in between."""
        self._passed.clear()

    def remember(self, passed: Mapping[Id, int]) -> None:
        """Take note that these have been handled for good."""
        if len(self._passed) + len(passed) > REMEMBERED:
            self._passed.clear()
        self._passed.update(passed)
