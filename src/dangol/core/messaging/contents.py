"""What a message says: typed contents, each with a template of the same name.

A template (`templates/messaging/<name>.txt`) is Django's own: its first line is the subject, the rest is the
text.
"""

from collections.abc import Callable
from typing import ClassVar, NamedTuple, TypeVar

import msgspec
from django.template.loader import render_to_string
from django.utils.translation import override

from dangol.domain.brand import HOUSE_COLOR, make_palette


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The values a template is filled with. `shop` is the shop's name, as it signs."""

    template: ClassVar[str]
    shop: str


C = TypeVar("C", bound=Content)
CONTENTS: dict[str, type[Content]] = {}


class Written(NamedTuple):
    """A message in words: its subject, its text, and the same text in HTML in the brand's color."""

    subject: str
    text: str
    html: str


def written_by(template: str) -> Callable[[type[C]], type[C]]:
    """Declare the class below as what the template `template` is filled with."""

    def declare(content: type[C]) -> type[C]:
        assert template not in CONTENTS, f"{template} is declared twice"
        content.template = template
        CONTENTS[template] = content
        return content

    return declare


@written_by("one_time_code")
class OneTimeCode(Content, frozen=True):
    """A code by which a member shows who they are, and for how many minutes it is good."""

    code: str
    minutes: int


@written_by("spending_code")
class SpendingCode(Content, frozen=True):
    """A code by which a member confirms that they spend so many points, good for some minutes."""

    code: str
    minutes: int
    points: str


@written_by("address_changed")
class AddressChanged(Content, frozen=True):
    """That codes no longer come to the address this goes to."""


@written_by("staff_invitation")
class StaffInvitation(Content, frozen=True):
    """A link by which someone begins to work here, and for how many hours it opens."""

    name: str
    link: str
    hours: int


@written_by("staff_recovery")
class StaffRecovery(Content, frozen=True):
    """A link by which someone who lost their second factor signs in again."""

    name: str
    link: str
    hours: int


@written_by("endpoint_changed")
class EndpointChanged(Content, frozen=True):
    """That a webhook endpoint is failing, was disabled or is well again (`state`)."""

    endpoint: str
    state: str


@written_by("access_log_checkpoint")
class AccessLogCheckpoint(Content, frozen=True):
    """The signed head of the access log, to be kept away from the machine: how many entries, the document."""

    count: int
    document: str


@written_by("use_notice")
class UseNotice(Content, frozen=True):
    """What a member's data are used for, as they are told once a year."""

    year: str


@written_by("absence_notice")
class AbsenceNotice(Content, frozen=True):
    """That somebody who has not been heard of for `years` years will be forgotten on or after `day`."""

    day: str
    years: int


@written_by("trial")
class Trial(Content, frozen=True):
    """A message that shows that messages arrive."""


def write(content: Content, language: str, *, color: str = "") -> Written:
    """Return the message in this language; `color` is the brand's, `#rrggbb`, or empty for the house's."""
    values = msgspec.structs.asdict(content)
    with override(language):
        text = render_to_string(f"messaging/{content.template}.txt", values)
        subject, _, rest = text.strip().partition("\n")
        palette = make_palette(color or HOUSE_COLOR)
        told = {"shop": content.shop, "language": language, "text": rest.strip(), "palette": palette}
        html = render_to_string("messaging/letter.html", told)
    # A line break in a subject would begin another header.
    return Written(" ".join(subject.split()), rest.strip() + "\n", html)
