"""What event rules refuse."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownEventRule(NotFound):
    """There is no such event rule (`rule`)."""

    code = "event_rules.unknown"


class UnknownRuleVersion(NotFound):
    """The rule has no published version of this number (`number`)."""

    code = "event_rules.unknown_version"


class UnknownRuleTrial(NotFound):
    """There is no such trial (`trial`); of each rule the last twenty are kept."""

    code = "event_rules.unknown_trial"


class EventRuleInvalid(Malformed):
    """What a rule says cannot be (`field`): `problem` says what about it."""

    code = "event_rules.invalid"


class NoRuleDraft(DomainError):
    """The rule has no draft: what it says is published."""

    code = "event_rules.no_draft"


class RuleDraftChanged(DomainError):
    """Somebody (`changed_by`) has changed the draft since it was read (`revision` is its present one)."""

    code = "event_rules.draft_changed"


class RuleSaysNothingNew(DomainError):
    """The draft says what is published already."""

    code = "event_rules.nothing_to_publish"


class RuleNotPublished(DomainError):
    """The draft is all there is of the rule: it can be put away, but not thrown away."""

    code = "event_rules.nothing_published"


class RuleArchived(DomainError):
    """The rule was put away: it can be looked at, and taken out again."""

    code = "event_rules.archived"


class TooManyEventRules(DomainError):
    """There are `most` rules that are not archived."""

    code = "event_rules.too_many"


class NoProgramForRules(DomainError):
    """Points can be given only where there is a program."""

    code = "event_rules.no_program"


class RuleTrialOver(DomainError):
    """The trial has ended (`state`): there is nothing to stop."""

    code = "event_rules.trial_over"
