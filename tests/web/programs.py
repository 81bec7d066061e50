"""The story's program as its pages show it: a version published, a draft with problems, simulations."""

from datetime import timedelta
from typing import NamedTuple

import msgspec

from dangol.core.storage.ids import Id
from dangol.core.tasks.runner import Runner
from dangol.rooms.rewards.contents import ProgramContent, RuleContent
from dangol.rooms.rewards.drafts import change_draft, publish_draft, start_draft
from dangol.rooms.rewards.publishing import list_versions
from dangol.rooms.rewards.simulations import Worth, cancel_simulation, list_simulations, simulate
from tests.web.story import NOW, Story

replace = msgspec.structs.replace


class Told(NamedTuple):
    """What there is to show: simulations done, canceled and waiting."""

    program_id: Id
    simulations: tuple[Id, ...]


def rewritten(content: ProgramContent) -> ProgramContent:
    """Return a content in which a bit of everything is otherwise."""
    first, *others = content.rules
    levels = list(content.tiers.levels)
    levels[1] = replace(levels[1], threshold=30_000)
    return replace(
        content,
        rules=(
            replace(first, rate_points=2, multipliers={"gold": (2, 1), "silver": (5, 4)}),
            *others,
            RuleContent(
                key="new-1", name="반값 행사", rate_points=1, rate_minor=50, category="GROCERY > DRINKS",
                ends_at=NOW + timedelta(days=30),
            ),
        ),
        terms=replace(content.terms, pending_days=3),
        tiers=replace(content.tiers, levels=tuple(levels), grace_days=14),
    )  # fmt: skip


def tell_program(story: Story) -> Told:
    """Publish a version ahead of time, begin a draft, run simulations; done once for a story."""
    program_id = story.program_id
    if list_versions(program_id):
        return Told(program_id, tuple(one.id for one in list_simulations(program_id)))
    draft = start_draft(program_id, begun_by="owner", at=NOW)
    wanted = replace(draft.content, terms=replace(draft.content.terms, pending_days=5))
    change_draft(program_id, wanted, revision=1, changed_by="owner", at=NOW)
    publish_draft(program_id, revision=2, at=NOW, recorded_at=NOW, published_by="owner")
    draft = start_draft(program_id, begun_by="owner", at=NOW)
    changed = change_draft(program_id, rewritten(draft.content), revision=1, changed_by="owner", at=NOW)
    run = {"since": NOW - timedelta(days=90), "until": NOW, "asked_by": "owner", "at": NOW}
    simulate(program_id, changed.content, worth=Worth(100, 100), **run)  # type: ignore[arg-type] # plain values
    simulate(program_id, None, **run)  # type: ignore[arg-type] # plain values
    while Runner(clock=lambda: NOW).run_due():
        pass
    stopped = simulate(program_id, None, **run)  # type: ignore[arg-type] # plain values
    cancel_simulation(stopped.id)
    simulate(program_id, None, **run)  # type: ignore[arg-type] # plain values
    return Told(program_id, tuple(one.id for one in list_simulations(program_id)))
