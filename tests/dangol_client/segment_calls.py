"""The calls about segments and traits, each made once."""

from dangol_client import Dangol


def ask_about_members(dangol: Dangol, member: str) -> None:
    """Tell what is known of a member, and keep a segment by it."""
    values = {"app.plan": "pro", "app.until": "2027-01-01"}
    dangol.traits.tell(member, values, kinds={"app.until": "date"})
    assert [one.value for one in dangol.traits.of(member).traits] == list(values.values())
    assert ("app.until", "date") in {(one.name, one.kind) for one in dangol.traits.each()}
    condition = {"type": "trait", "trait": "app.plan", "op": "equals", "value": "pro"}
    assert dangol.segments.preview(condition).sample == [member]
    # A worker runs meanwhile: how many wait is its doing.
    assert dangol.segments.create("pros", "프로", condition).condition == condition
    assert dangol.segments.get("pros").condition == next(dangol.segments.each()).condition == condition
    assert dangol.segments.change("pros", revision=1, about="앱을 사서 쓰는").about == "앱을 사서 쓰는"
    assert dangol.segments.rebuild().job_id
    assert dangol.segments.why(member, "pros").reasons[0].value == "pro"
    assert {one.member_id for one in dangol.segments.members("pros")} <= {member}
    assert {one.slug for one in dangol.segments.of(member)} <= {"pros"}
    keep_archived(dangol)


def keep_archived(dangol: Dangol) -> None:
    """Archive a segment, and have it back."""
    assert dangol.segments.archive("pros").slug == "pros"
    assert [one.slug for one in dangol.segments.each(archived=True)] == ["pros"]
    assert dangol.segments.restore("pros").archived_at is None
