"""Segments of customers, why somebody is in one, and the traits conditions ask about."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

from dangol_client.segment_answers import (
    Archived,
    KnownTraits,
    Membership,
    Preview,
    Rebuild,
    Segment,
    SegmentMember,
    SegmentWhy,
    TraitType,
)
from dangol_client.sending import Sending, Wire, place


class SegmentCalls:
    """Saved conditions and who is in them. A condition is what its JSON Schema says, as a mapping."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, archived: bool = False) -> Iterator[Segment]:
        """Go through the segments by name, or through those that are archived, the latest first."""
        return self._wire.pages("/segments", Segment, {"archived": "true"} if archived else {})

    def get(self, segment: str) -> Segment:
        """Return a segment by its slug."""
        return self._wire.read(place("/segments/{segment}", segment=segment), Segment)

    def create(
        self,
        slug: str,
        name: str,
        condition: Mapping[str, Any],
        *,
        about: str | None = None,
        **sending: Unpack[Sending],
    ) -> Segment:
        """Save a new segment; who is in it follows by itself."""
        body = {"slug": slug, "name": name, "about": about, "condition": dict(condition)}
        return self._wire.write("/segments", body, Segment, sending)

    def change(
        self,
        segment: str,
        *,
        revision: int,
        name: str | None = None,
        about: str | None = None,
        condition: Mapping[str, Any] | None = None,
        **sending: Unpack[Sending],
    ) -> Segment:
        """Change what is given of a segment, if it is still at the revision you have seen."""
        body = {
            "revision": revision, "name": name, "about": about,
            "condition": None if condition is None else dict(condition),
        }  # fmt: skip
        path = place("/segments/{segment}", segment=segment)
        return self._wire.write(path, body, Segment, sending, method="PATCH")

    def archive(self, segment: str, **sending: Unpack[Sending]) -> Archived:
        """Keep a segment up to date no more: everybody leaves it."""
        path = place("/segments/{segment}/archive", segment=segment)
        return self._wire.write(path, None, Archived, sending)

    def restore(self, segment: str, **sending: Unpack[Sending]) -> Segment:
        """Keep an archived segment up to date again."""
        path = place("/segments/{segment}/restore", segment=segment)
        return self._wire.write(path, None, Segment, sending)

    def rebuild(self, **sending: Unpack[Sending]) -> Rebuild:
        """Let everybody be looked at anew, for all segments."""
        return self._wire.write("/segments/rebuild", None, Rebuild, sending)

    def preview(self, condition: Mapping[str, Any], **sending: Unpack[Sending]) -> Preview:
        """Say how many a condition has; nothing is saved."""
        return self._wire.write("/segments/preview", {"condition": dict(condition)}, Preview, sending)

    def members(self, segment: str) -> Iterator[SegmentMember]:
        """Go through who is in a segment, the latest in first."""
        return self._wire.pages(place("/segments/{segment}/members", segment=segment), SegmentMember, {})

    def of(self, member: str) -> Iterator[Membership]:
        """Go through the segments a member is in."""
        return self._wire.pages(place("/members/{member}/segments", member=member), Membership, {})

    def why(self, member: str, segment: str) -> SegmentWhy:
        """Say why a member is in a segment or not."""
        path = place("/members/{member}/segments/{segment}", member=member, segment=segment)
        return self._wire.read(path, SegmentWhy)


class TraitCalls:
    """What conditions can ask about members, and what your program knows of one."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self) -> Iterator[TraitType]:
        """Go through the traits conditions can ask about."""
        return self._wire.pages("/traits", TraitType, {})

    def of(self, member: str) -> KnownTraits:
        """Return what programs and reports have told of a member."""
        return self._wire.read(place("/members/{member}/traits", member=member), KnownTraits)

    def tell(
        self,
        member: str,
        traits: Mapping[str, str | bool | int | float | list[str] | None],
        *,
        kinds: Mapping[str, str] | None = None,
        source: str | None = None,
        at: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> KnownTraits:
        """Tell what your program knows of a member; None takes a trait away.

        `kinds` says which texts are a `date` or an `instant`, the first time a name is told.
        """
        body = {
            "traits": dict(traits), "kinds": dict(kinds) if kinds else None, "source": source, "at": at,
        }  # fmt: skip
        path = place("/members/{member}/traits", member=member)
        return self._wire.write(path, body, KnownTraits, sending, method="PUT")
