"""Where a sample shop's messages go: nowhere. They are kept for a day, to be read on a page."""

from collections.abc import Iterator, Sequence

from dangol.core.messaging.senders import EMAIL, Answer, Letter, Outcome
from dangol.core.people.selectors import find_shop


class Sink:
    """Keeps what it is given, in a shop whose data are a sample; a real shop's messages are never kept."""

    name = "sink"
    channel = EMAIL

    def is_ready(self) -> bool:
        """Say whether this shop is a sample."""
        found = find_shop()
        return found is not None and found.sample_shift_weeks is not None

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        """Keep each letter."""
        for _ in letters:
            yield Answer(Outcome.HANDED, keep=True)
