"""The life of a promotion: written, checked, published version by version, paused, and put away."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.segments.catalog import trait_types
from dangol.core.segments.running import types_text
from dangol.core.segments.services import hold_segments
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards.promotions import limits, models
from dangol.rooms.rewards.promotions.contents import (
    LONGEST_NAME,
    Limited,
    PromotionContent,
    pack,
    pack_text,
    read_promotion,
    unpack,
    unpack_text,
)
from dangol.rooms.rewards.second_person import refuse_writer, writers_of, writers_with

MOST_LIVE = 5_000


class UnknownPromotion(NotFound):
    """There is no such promotion (`promotion`)."""

    code = "promotions.unknown"


class UnknownVersion(NotFound):
    """The promotion has no published version of this number (`number`)."""

    code = "promotions.unknown_version"


class NoDraft(DomainError):
    """The promotion has no draft: what it says is published."""

    code = "promotions.no_draft"


class DraftChanged(DomainError):
    """Somebody (`changed_by`) has changed the draft since it was read (`revision` is its present one)."""

    code = "promotions.draft_changed"


class NothingToPublish(DomainError):
    """The draft says what is published already."""

    code = "promotions.nothing_to_publish"


class NothingPublished(DomainError):
    """The draft is all there is of the promotion: it can be put away, but not thrown away."""

    code = "promotions.nothing_published"


class Archived(DomainError):
    """The promotion was put away: it can be looked at, and taken out again."""

    code = "promotions.archived"


class DraftView(NamedTuple):
    """The next version as it is being written."""

    content: PromotionContent
    base: int
    revision: int
    changed_by: str
    changed_at: datetime
    # The sign-in names of everybody who has changed it since it was begun.
    writers: Sequence[str]


class VersionView(NamedTuple):
    """A published version."""

    number: int
    content: PromotionContent
    drafted_by: str
    published_by: str
    published_at: datetime


class PromotionView(NamedTuple):
    """A promotion: what is in force, what is being written, and what was used of its limits."""

    id: Id
    name: str
    version: VersionView | None
    draft: DraftView | None
    made_by: str
    made_at: datetime
    paused_at: datetime | None
    archived_at: datetime | None
    used: limits.Amounts

    @property
    def content(self) -> PromotionContent:
        """What is being written, or what is in force."""
        found = self.draft or self.version
        assert found is not None, "a promotion without a version has a draft"
        return found.content

    def state(self, at: datetime) -> str:
        """Return where it stands: draft, scheduled, live, paused, ended or archived."""
        if self.archived_at:
            return "archived"
        if self.version is None:
            return "draft"
        if self.paused_at:
            return "paused"
        content = self.version.content
        if content.active_from and at < content.active_from:
            return "scheduled"
        return "ended" if content.active_to and at >= content.active_to else "live"


def create_promotion(
    raw: Any, *, made_by: str, at: datetime, promotion_id: Id | None = None, behind: str = ""
) -> Id:
    """Begin a promotion with a draft, which need not make sense yet; returns its id.

    With a `promotion_id` of the caller's it is begun once: told again, the first one stays as it is. `behind`
    is the sign-in name of whoever answers for the program that makes it, where it is one. Raises
    PromotionInvalid where the content is not of the form.
    """
    content = unpack(raw)
    promotion_id = promotion_id or new_id()
    with write_transaction():
        if models.Promotion.objects.filter(id=promotion_id).exists():
            return promotion_id
        models.Promotion.objects.create(
            id=promotion_id, name=_name(content), version=None, made_by=made_by, made_at=at
        )
        models.PromotionDraft.objects.create(
            promotion_id=promotion_id, content=pack(content), base=0, revision=1, changed_by=made_by,
            changed_at=at, writers=writers_with((), behind or made_by),
        )  # fmt: skip
    return promotion_id


def _name(content: PromotionContent) -> str:
    return content.name.strip()[:LONGEST_NAME]


def lock_promotion(promotion_id: Id) -> models.Promotion:
    """Return a promotion, which nobody else changes meanwhile; raises UnknownPromotion."""
    row = models.Promotion.objects.select_for_update().filter(id=promotion_id).first()
    if row is None:
        raise UnknownPromotion(promotion=show_id(promotion_id))
    return row


def write_draft(
    promotion_id: Id,
    raw: Any,
    *,
    revision: int | None,
    changed_by: str,
    at: datetime,
    behind: str = "",
) -> DraftView:
    """Let the draft read so; it need not make sense yet.

    `revision` is the one that was seen, None where there was no draft; `behind` as for one that is begun.
    Raises UnknownPromotion, Archived, PromotionInvalid for what is not of the form, or DraftChanged.
    """
    content = unpack(raw)
    with write_transaction():
        row = lock_promotion(promotion_id)
        _refuse_archived(row)
        draft = models.PromotionDraft.objects.filter(promotion_id=promotion_id).first()
        present = draft.revision if draft else None
        if present != revision:
            raise DraftChanged(revision=present or 0, changed_by=draft.changed_by if draft else row.made_by)
        models.PromotionDraft.objects.update_or_create(
            promotion_id=promotion_id,
            defaults={
                "content": pack(content), "base": draft.base if draft else row.version or 0,
                "revision": (present or 0) + 1, "changed_by": changed_by, "changed_at": at,
                "writers": writers_with(writers_of(draft), behind or changed_by),
            },
        )  # fmt: skip
        if row.version is None:
            models.Promotion.objects.filter(id=promotion_id).update(name=_name(content))
    found = find_promotion(promotion_id).draft
    assert found is not None, "just written"
    return found


def discard_draft(promotion_id: Id) -> None:
    """Throw the draft away: what is published stays. Raises UnknownPromotion, NoDraft, NothingPublished."""
    with write_transaction():
        row = lock_promotion(promotion_id)
        if row.version is None:
            raise NothingPublished()
        if not models.PromotionDraft.objects.filter(promotion_id=promotion_id).delete()[0]:
            raise NoDraft()


def check_content(content: PromotionContent) -> Limited:
    """Return a content as the rules read it; raises PromotionInvalid or a BrokenCondition."""
    traits = {} if content.condition is None else trait_types()
    return read_promotion(bytes(16), 0, content, traits)


def require_publishable(promotion_id: Id, *, revision: int) -> PromotionContent:
    """Return what the draft of this revision says, where it could be published; raises what `publish` does.

    Inside the write transaction.
    """
    return _publishable(promotion_id, revision).content


class _Publishable(NamedTuple):
    draft: models.PromotionDraft
    content: PromotionContent
    checked: Limited


def _publishable(promotion_id: Id, revision: int, approved: PromotionContent | None = None) -> _Publishable:
    row = lock_promotion(promotion_id)
    _refuse_archived(row)
    draft = models.PromotionDraft.objects.filter(promotion_id=promotion_id).first()
    if draft is None:
        raise NoDraft()
    content = unpack(draft.content)
    # Revisions begin anew with each draft: one that was thrown away had this number, too.
    if draft.revision != revision or approved not in (None, content):
        raise DraftChanged(revision=draft.revision, changed_by=draft.changed_by)
    checked = check_content(content)
    if checked.promotion.condition is not None:
        hold_segments(checked.promotion.condition)
    if row.version and _version(promotion_id, row.version).content == content:
        raise NothingToPublish()
    return _Publishable(draft, content, checked)


def publish(
    promotion_id: Id,
    *,
    revision: int,
    published_by: str,
    at: datetime,
    approved: PromotionContent | None = None,
) -> int:
    """Let the draft of this revision be in force from now on; returns the version's number.

    With `approved` only where the draft says just that, and not by whoever wrote it. Whether a second person
    has to let it happen is asked by `approving`. Raises UnknownPromotion, Archived, NoDraft, DraftChanged,
    NothingToPublish, OwnDraft, PromotionInvalid or a BrokenCondition; then nothing is changed.
    """
    with write_transaction():
        draft, content, checked = _publishable(promotion_id, revision, approved)
        if approved is not None:
            refuse_writer(writers_of(draft), published_by)
        number = _latest(promotion_id) + 1
        condition = checked.promotion.condition
        models.PromotionVersion.objects.create(
            promotion_id=promotion_id, number=number, content=pack_text(content),
            types=types_text(condition) if condition else "{}", drafted_by=draft.changed_by,
            published_by=published_by, published_at=at,
        )  # fmt: skip
        limits.set_limits(promotion_id, content.limits)
        draft.delete()
        models.Promotion.objects.filter(id=promotion_id).update(version=number, name=_name(content))
    return number


def _latest(promotion_id: Id) -> int:
    numbers = models.PromotionVersion.objects.filter(promotion_id=promotion_id)
    return numbers.order_by("-number").values_list("number", flat=True).first() or 0


def _refuse_archived(row: models.Promotion) -> None:
    if row.archived_at:
        raise Archived()


def pause(promotion_id: Id, *, at: datetime) -> None:
    """Let a promotion rest: the next cart gets nothing of it; what is reserved stays promised."""
    _mark(promotion_id, paused_at=at)


def resume(promotion_id: Id) -> None:
    """Let a promotion that rests go on."""
    _mark(promotion_id, paused_at=None)


def archive(promotion_id: Id, *, at: datetime) -> None:
    """Put a promotion away: no cart gets anything of it, and lists leave it out."""
    _mark(promotion_id, archived_at=at)


def restore(promotion_id: Id, *, at: datetime, as_it_was: bool = False) -> None:
    """Take a promotion out again. It rests until somebody lets it go on; `as_it_was`: if it did before."""
    _mark(promotion_id, archived_at=None, **({} if as_it_was else {"paused_at": at}))


def _mark(promotion_id: Id, **changes: datetime | None) -> None:
    with write_transaction():
        lock_promotion(promotion_id)
        models.Promotion.objects.filter(id=promotion_id).update(**changes)


def find_promotion(promotion_id: Id) -> PromotionView:
    """Return a promotion; raises UnknownPromotion."""
    found = _views(list(models.Promotion.objects.filter(id=promotion_id)))
    if not found:
        raise UnknownPromotion(promotion=show_id(promotion_id))
    return found[0]


def names_of_promotions(promotion_ids: Iterable[Id]) -> dict[Id, str]:
    """Return what these promotions are called; one statement."""
    return dict(models.Promotion.objects.filter(id__in=list(promotion_ids)).values_list("id", "name"))


def list_promotions(*, archived: bool = False) -> list[PromotionView]:
    """Return all promotions that are not archived, or those that are, the newest first. Four statements."""
    rows = models.Promotion.objects.filter(archived_at__isnull=not archived).order_by("-id")
    return _views(list(rows[:MOST_LIVE]))


def _views(rows: list[models.Promotion]) -> list[PromotionView]:
    ids = [row.id for row in rows]
    wanted = {(row.id, row.version) for row in rows}
    versions = {
        one.promotion_id: _version_view(one)
        for one in models.PromotionVersion.objects.filter(promotion_id__in=ids)
        if (one.promotion_id, one.number) in wanted
    }
    drafts = {
        one.promotion_id: DraftView(
            unpack(one.content), one.base, one.revision, one.changed_by, one.changed_at, writers_of(one)
        )
        for one in models.PromotionDraft.objects.filter(promotion_id__in=ids)
    }
    used = limits.used_by_promotion(ids)
    return [
        PromotionView(
            row.id, row.name, versions.get(row.id), drafts.get(row.id), row.made_by, row.made_at,
            row.paused_at, row.archived_at, used.get(row.id, limits.Amounts()),
        )
        for row in rows
    ]  # fmt: skip


def _version_view(row: models.PromotionVersion) -> VersionView:
    return VersionView(
        row.number, unpack_text(row.content), row.drafted_by, row.published_by, row.published_at
    )


def _version(promotion_id: Id, number: int) -> VersionView:
    row = models.PromotionVersion.objects.filter(promotion_id=promotion_id, number=number).first()
    if row is None:
        raise UnknownVersion(number=number)
    return _version_view(row)


def list_versions(promotion_id: Id) -> list[VersionView]:
    """Return a promotion's published versions, the latest first."""
    rows = models.PromotionVersion.objects.filter(promotion_id=promotion_id).order_by("-number")
    return [_version_view(row) for row in rows[:200]]
