"""Which members a form of the list means: those ticked, all of the page, or all that the filter leaves.

Those a filter leaves are found anew when the form comes back. A digest of whom the preview was of goes with
it, so that nobody is done anything to who was not among them.
"""

from hashlib import blake2b
from typing import NamedTuple

from django.http import HttpRequest

from dangol.core.ledger.in_bulk import MOST
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import Malformed
from dangol.web.frame import frame_of
from dangol.web.member_filter import read_filter
from dangol.web.reads.members import find_matching
from dangol.web.scheme import find_program, scheme_of, tiers_of

TICKED, PAGE, MATCH = "ticked", "page", "match"
MOST_TICKED = 200


class NobodyChosen(Malformed):
    """No member was chosen."""

    code = "members.nobody_chosen"


class TooManyChosen(Malformed):
    """More members were chosen than `most`."""

    code = "members.too_many_chosen"


class Chosen(NamedTuple):
    """Who is meant. Those of a filter have `by_filter`, and are not named one by one in the form."""

    ids: list[Id]
    by_filter: bool

    @property
    def digest(self) -> str:
        """What stands for exactly these members."""
        return blake2b(b"".join(sorted(self.ids)), digest_size=16).hexdigest()

    @property
    def shown_ids(self) -> list[str]:
        """The members as a form names them."""
        return [] if self.by_filter else [show_id(one) for one in self.ids]


def read_chosen(request: HttpRequest) -> Chosen:
    """Return whom the form means; raises NobodyChosen or TooManyChosen."""
    asked, which = request.POST, request.POST.get("which", TICKED)
    if which == MATCH:
        return _of_filter(request)
    shown = asked.get("page", "").split(",") if which == PAGE else asked.getlist("who")
    if len(shown) > MOST_TICKED:
        raise TooManyChosen(most=MOST_TICKED)
    ids = []
    for one in shown:
        try:
            ids.append(parse_id(one))
        except ValueError:
            continue
    if not ids:
        raise NobodyChosen()
    return Chosen(list(dict.fromkeys(ids)), by_filter=False)


def _of_filter(request: HttpRequest) -> Chosen:
    running = find_program()
    query = read_filter(request, tiers_of(running)).query
    ids = find_matching(query, scheme_of(running), at=frame_of(request).at, limit=MOST + 1)
    if len(ids) > MOST:
        raise TooManyChosen(most=MOST)
    if not ids:
        raise NobodyChosen()
    return Chosen(ids, by_filter=True)
