"""Drafts for these tests, made by edits of what holds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.contents import ProgramContent, RuleContent, load_content
from dangol.rooms.rewards.drafts import change_draft, publish_draft, start_draft
from dangol.rooms.rewards.programs import find_program

AT = datetime(2025, 3, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)
Edit = Callable[[ProgramContent], ProgramContent]
replace = msgspec.structs.replace


def content_at(program_id: Id, at: datetime = AT) -> ProgramContent:
    return load_content(find_program(program_id), at=at)


def edit_rule(place: int, **changes: Any) -> Edit:
    """Return an edit of the rule at a place."""

    def edit(content: ProgramContent) -> ProgramContent:
        rules = list(content.rules)
        rules[place] = replace(rules[place], **changes)
        return replace(content, rules=tuple(rules))

    return edit


def add_rule(**given: Any) -> Edit:
    """Return an edit that adds a rule."""
    wanted: dict[str, Any] = {"key": "new-1", "name": "Bread", "rate_points": 2, "rate_minor": 100}
    rule = RuleContent(**(wanted | given))
    return lambda content: replace(content, rules=(*content.rules, rule))


def drop_rule(place: int) -> Edit:
    """Return an edit that takes a rule out."""
    return lambda content: replace(
        content, rules=tuple(rule for number, rule in enumerate(content.rules) if number != place)
    )


def edit_terms(**changes: Any) -> Edit:
    return lambda content: replace(content, terms=replace(content.terms, **changes))


def edit_tiers(**changes: Any) -> Edit:
    return lambda content: replace(content, tiers=replace(content.tiers, **changes))


def edit_level(place: int, **changes: Any) -> Edit:
    def edit(content: ProgramContent) -> ProgramContent:
        levels = list(content.tiers.levels)
        levels[place] = replace(levels[place], **changes)
        return edit_tiers(levels=tuple(levels))(content)

    return edit


def draft_of(program_id: Id, *edits: Edit, at: datetime = AT) -> int:
    """Begin a draft and change it; returns its revision."""
    draft = start_draft(program_id, begun_by="drafter", at=at)
    content = draft.content
    for edit in edits:
        content = edit(content)
    changed = change_draft(program_id, content, revision=draft.revision, changed_by="drafter", at=at)
    return changed.revision


def publish(program_id: Id, revision: int, at: datetime = AT, recorded_at: datetime = AT) -> int:
    return publish_draft(
        program_id, revision=revision, at=at, recorded_at=recorded_at, published_by="publisher"
    )
