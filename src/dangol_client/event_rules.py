"""Event rules: points for what members do; written, tried, published, paused, and put away."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

from dangol_client.answers import EventRuleAward
from dangol_client.event_rule_answers import (
    EventRule,
    EventRuleFigures,
    EventRuleStanding,
    EventRuleTrial,
    EventRuleVersion,
)
from dangol_client.machine_answers import Approval
from dangol_client.sending import Sending, Wire, place


class EventRuleCalls:
    """Rules by which events, birthdays and anniversaries earn points."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, *, archived: bool = False) -> Iterator[EventRule]:
        """Go through the rules that are not archived, or those that are, the newest first."""
        return self._wire.pages("/event-rules", EventRule, {"archived": "true"} if archived else {})

    def get(self, rule: str) -> EventRule:
        """Return a rule with what is in force and what is being written."""
        return self._wire.read(_of(rule), EventRule)

    def create(self, content: Mapping[str, Any], **sending: Unpack[Sending]) -> EventRule:
        """Begin a rule with a draft; it gives nothing until it is published."""
        return self._wire.write("/event-rules", {"content": content}, EventRule, sending)

    def write(
        self, rule: str, content: Mapping[str, Any], *, revision: int | None, **sending: Unpack[Sending]
    ) -> EventRule:
        """Let the draft read so, if it is still at the revision you have seen (None: there was none)."""
        body = {"content": content, "revision": revision}
        return self._wire.write(f"{_of(rule)}/draft", body, EventRule, sending, method="PUT")

    def discard(self, rule: str, **sending: Unpack[Sending]) -> EventRule:
        """Throw the draft away: what is published stays."""
        return self._wire.write(f"{_of(rule)}/draft", None, EventRule, sending, method="DELETE")

    def publish(
        self, rule: str, *, revision: int, reason: str | None = None, **sending: Unpack[Sending]
    ) -> EventRule | Approval:
        """Let the draft of this revision hold for what happens from now on.

        Where the shop asks for a second person it does not yet: the answer is an Approval, which waits.
        """
        body = {"revision": revision, "reason": reason}
        return self._wire.write_or(f"{_of(rule)}/publish", body, EventRule, Approval, sending)

    def pause(self, rule: str, **sending: Unpack[Sending]) -> EventRule:
        """Let a rule rest: what happens meanwhile earns nothing, also later."""
        return self._wire.write(f"{_of(rule)}/pause", None, EventRule, sending)

    def resume(self, rule: str, **sending: Unpack[Sending]) -> EventRule:
        """Let a rule that rests go on."""
        return self._wire.write(f"{_of(rule)}/resume", None, EventRule, sending)

    def archive(self, rule: str, **sending: Unpack[Sending]) -> EventRule:
        """Put a rule away; what it gave stays."""
        return self._wire.write(_of(rule), None, EventRule, sending, method="DELETE")

    def restore(self, rule: str, **sending: Unpack[Sending]) -> EventRule:
        """Take a rule out of the archive; it rests until it is resumed."""
        return self._wire.write(f"{_of(rule)}/restore", None, EventRule, sending)

    def versions(self, rule: str) -> Iterator[EventRuleVersion]:
        """Go through what a rule has said, the latest first."""
        return self._wire.pages(f"{_of(rule)}/versions", EventRuleVersion, {})

    def figures(self, rule: str) -> EventRuleFigures:
        """Return what a rule has given, and why it gave nothing."""
        return self._wire.read(f"{_of(rule)}/figures", EventRuleFigures)

    def awards(self, rule: str, *, page_size: int | None = None) -> Iterator[EventRuleAward]:
        """Go through what a rule gave, the latest first."""
        return self._wire.pages(f"{_of(rule)}/awards", EventRuleAward, {"limit": page_size})

    def start_trial(
        self,
        rule: str,
        *,
        since: datetime,
        until: datetime,
        published: bool = False,
        **sending: Unpack[Sending],
    ) -> EventRuleTrial:
        """Try the draft, or what is published, on what has happened; a worker does it."""
        body = {"since": since.isoformat(), "until": until.isoformat(), "published": published}
        return self._wire.write(f"{_of(rule)}/trials", body, EventRuleTrial, sending)

    def trials(self, rule: str) -> Iterator[EventRuleTrial]:
        """Go through a rule's trials, the latest first."""
        return self._wire.pages(f"{_of(rule)}/trials", EventRuleTrial, {})

    def get_trial(self, trial: str) -> EventRuleTrial:
        """Return a trial and, once it is done, what it found."""
        return self._wire.read(place("/event-rule-trials/{trial}", trial=trial), EventRuleTrial)

    def cancel_trial(self, trial: str, **sending: Unpack[Sending]) -> EventRuleTrial:
        """Stop a trial that is not over."""
        path = place("/event-rule-trials/{trial}/cancel", trial=trial)
        return self._wire.write(path, None, EventRuleTrial, sending)

    def of_member(self, member: str) -> Iterator[EventRuleStanding]:
        """Go through what else earns a member points: how often more, and why they got nothing."""
        return self._wire.pages(place("/members/{member}/event-rules", member=member), EventRuleStanding, {})

    def awards_of_member(self, member: str, *, page_size: int | None = None) -> Iterator[EventRuleAward]:
        """Go through what event rules gave a member, the latest first."""
        path = place("/members/{member}/event-rules/awards", member=member)
        return self._wire.pages(path, EventRuleAward, {"limit": page_size})


def _of(rule: str) -> str:
    return place("/event-rules/{rule}", rule=rule)
