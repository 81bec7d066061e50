"""Saved views: a filter of the list of members under a name, for oneself or for all staff.

Names are held unique by the database, so of two windows that save the same name at once one is refused.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, Malformed, NotFound
from dangol.web.models import SavedView

# So many each member of staff may keep; more are no tabs anymore.
MOST = 20
LONGEST_NAME = 40
LONGEST_FILTER = 400
_COLUMNS = ("id", "staff_id", "place", "name", "name_key", "is_shared", "filter", "saved_at")


class BadViewName(Malformed):
    """A view's name is empty or longer than `longest`."""

    code = "views.bad_name"


class NothingFiltered(Malformed):
    """A view of all members, or of a search alone, would be the list itself."""

    code = "views.nothing_filtered"


class ViewNameTaken(DomainError):
    """There is a view of this name (`name`) already: one's own, or one that is shared."""

    code = "views.name_taken"


class TooManyViews(DomainError):
    """Somebody keeps as many views as one may, `most`."""

    code = "views.too_many"


class UnknownView(NotFound):
    """There is no such view (`view`), or it is somebody else's and not to be changed by this person."""

    code = "views.unknown"


class ViewDraft(NamedTuple):
    """A view to be saved. `id` is made by the form, so that a form sent twice saves one."""

    id: Id
    name: str
    filter: str
    is_shared: bool = False


class ViewLine(NamedTuple):
    """A saved view, as a list shows it."""

    id: Id
    staff_id: int
    name: str
    is_shared: bool
    filter: str


def list_views(staff_id: int) -> list[ViewLine]:
    """Return the views somebody sees: their own, then what others share; each by name."""
    rows = SavedView.objects.filter(Q(staff_id=staff_id) | Q(is_shared=True))
    found = [ViewLine(*row) for row in rows.values_list(*ViewLine._fields)]
    return sorted(found, key=lambda one: (one.staff_id != staff_id, _key(one.name), one.id))


def save_view(draft: ViewDraft, *, staff_id: int, at: datetime) -> None:
    """Save a view; of the same id there is one however often it is sent.

    Raises BadViewName, NothingFiltered, ViewNameTaken, TooManyViews, or UnknownView where the id is that of
    somebody else's view, and then nothing is saved.
    """
    name = check_name(draft.name)
    if not draft.filter or len(draft.filter) > LONGEST_FILTER:
        raise NothingFiltered()
    with write_transaction():
        while True:
            taken = set(SavedView.objects.filter(staff_id=staff_id).values_list("place", flat=True))
            owner = SavedView.objects.filter(id=draft.id).values_list("staff_id", flat=True).first()
            if owner == staff_id:
                return
            if owner is not None:
                raise UnknownView(view=show_id(draft.id))
            _refuse_taken(draft.id, name, staff_id, is_shared=draft.is_shared)
            free = next((place for place in range(MOST) if place not in taken), None)
            if free is None:
                raise TooManyViews(most=MOST)
            row = (draft.id, staff_id, free, name, _key(name), draft.is_shared, draft.filter, at)
            # What another window takes in between, a place or the name, is found by the next look.
            if insert_missing(SavedView, _COLUMNS, [row]):
                return


def rename_view(view_id: Id, name: str, *, staff_id: int, manages: bool) -> None:
    """Give a view another name. Who `manages` may also change what others share.

    Raises UnknownView, BadViewName or ViewNameTaken.
    """
    kept = check_name(name)
    with write_transaction():
        found = _find(view_id, staff_id, manages=manages)
        _refuse_taken(view_id, kept, found.staff_id, is_shared=found.is_shared)
        row = found.__dict__ | {"name": kept, "name_key": _key(kept)}
        # Written anew rather than changed: who comes second finds the name taken, and nothing is raised.
        found.delete()
        if not insert_missing(SavedView, _COLUMNS, [tuple(row[column] for column in _COLUMNS)]):
            raise ViewNameTaken(name=kept)


def delete_view(view_id: Id, *, staff_id: int, manages: bool) -> None:
    """Delete a view; raises UnknownView."""
    with write_transaction():
        _find(view_id, staff_id, manages=manages).delete()


def check_name(name: str) -> str:
    """Return a name as it is kept: composed (NFC), without needless spaces. Raises BadViewName."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(kept) <= LONGEST_NAME or not kept.isprintable():
        raise BadViewName(longest=LONGEST_NAME)
    return kept


def _key(name: str) -> str:
    return name.casefold()[: 2 * LONGEST_NAME]


def _refuse_taken(view_id: Id, name: str, staff_id: int, *, is_shared: bool) -> None:
    seen = Q(is_shared=True) if is_shared else Q(is_shared=False, staff_id=staff_id)
    if SavedView.objects.filter(seen, name_key=_key(name)).exclude(id=view_id).exists():
        raise ViewNameTaken(name=name)


def _find(view_id: Id, staff_id: int, *, manages: bool) -> SavedView:
    may = Q(staff_id=staff_id) | Q(is_shared=True) if manages else Q(staff_id=staff_id)
    found = SavedView.objects.select_for_update().filter(may, id=view_id).first()
    if found is None:
        raise UnknownView(view=show_id(view_id))
    return found


def current_of(views: Sequence[ViewLine], kept: str) -> ViewLine | None:
    """Return the view whose filter is the one that is shown, if there is one."""
    return next((one for one in views if one.filter == kept), None)
