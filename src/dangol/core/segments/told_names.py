"""Under which traits what apps tell is kept: one name of theirs for each, the first that was told."""

from collections.abc import Iterable, Mapping

from dangol.core.segments.models import TraitName
from dangol.core.storage.rows import select_matching, update_rows
from dangol.domain.errors import DomainError
from dangol.domain.trait_names import LONGEST_NAME, composed, is_trait_name, trait_words

# So that no app's own word is taken for a report's.
PREFIX = "app."
LONGEST_TOLD, MOST_TOLD = 100, 500


class TraitNameUnfit(DomainError):
    """Nothing can be kept under what an app calls a trait (`name`): no letter or digit, or over `most`."""

    code = "traits.name_unfit"


class TraitNameTaken(DomainError):
    """What an app calls `name` would be kept as `kept`, as is what it, or another, called `first` before."""

    code = "traits.name_taken"


class TooManyTraitNames(DomainError):
    """Apps have told `most` traits by names of their own, so that no new one (`name`) is kept."""

    code = "traits.too_many_names"


class ToldNames:
    """The traits for some of the apps' names: `favoriteColor` is `app.favorite_color`, and `단계` `app.단계`.

    Two names that read as the same trait are not taken for one: it is the first's for good. New ones are
    limited, since anybody may tell some with a public key. Two statements.
    """

    def __init__(self, given: Iterable[str]) -> None:
        self._names = {one: PREFIX + trait_words(one) for one in given}
        wanted = [(name,) for name in sorted(set(self._names.values()))]
        self._first: dict[str, str] = dict(select_matching(TraitName, ("name", "told"), ("name",), wanted))
        self._claims: dict[str, str] = {}
        self._room = MOST_TOLD - TraitName.objects.exclude(told="").count()

    def trait_of(self, given: str, *, is_gone: bool) -> str:
        """Return the trait for a name; of what is gone no name is noted.

        Raises TraitNameUnfit, TraitNameTaken or TooManyTraitNames.
        """
        name = self._names[given]
        if name == PREFIX or not is_trait_name(name):
            raise TraitNameUnfit(name=given, most=LONGEST_NAME - len(PREFIX))
        own = composed(given)[:LONGEST_TOLD]
        first = self._first.get(name) or own
        if first != own:
            raise TraitNameTaken(name=given, kept=name, first=first)
        if not is_gone and not self._first.get(name):
            if name not in self._first and self._room <= 0:
                raise TooManyTraitNames(name=given, most=MOST_TOLD)
            self._room -= 1
            self._first[name] = self._claims[name] = own
        return name

    def note(self, kept: Iterable[str]) -> None:
        """Note by which names of theirs these traits were told first; those that are kept by now."""
        claims: Mapping[str, str] = self._claims
        update_rows(
            TraitName,
            ("name",),
            ("told",),
            [(name, claims[name]) for name in sorted(claims.keys() & set(kept))],
        )
