"""Why points that lapse by inactivity lapse when they do, and what moves that."""

from django.utils.translation import ngettext

from dangol.web.formats import format_date
from dangol.web.program_words import activities_in_words
from dangol.web.reads.member import Kept


def kept_in_words(kept: Kept) -> str:
    """Return the last activity, how long it keeps the points, and what begins that time anew."""
    words = ngettext(
        "마지막 활동은 %(day)s, 남는 기간은 %(n)s달이에요. 그사이에 활동(%(what)s)하면 다시 세요.",
        "마지막 활동은 %(day)s, 남는 기간은 %(n)s달이에요. 그사이에 활동(%(what)s)하면 다시 세요.",
        kept.months,
    )
    what = activities_in_words(kept.kinds)
    return words % {"day": format_date(kept.last_at), "n": kept.months, "what": what}
