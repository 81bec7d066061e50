"""What referrals refuse."""

from dangol.core.access.members.paces import TooOften
from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownReferralProgram(NotFound):
    """There is no such referral program (`program`)."""

    code = "referrals.unknown_program"


class UnknownReferral(NotFound):
    """There is no such referral (`referral`)."""

    code = "referrals.unknown"


class UnknownReferralCode(NotFound):
    """Nobody has this code, or nobody who could bring a friend."""

    code = "referrals.unknown_code"


class InvalidReferralProgram(Malformed):
    """A field (`field`) of a program cannot be so (`problem`)."""

    code = "referrals.invalid_program"


class ReferralProgramChanged(DomainError):
    """Somebody has changed the program since it was read: it is at `revision` now."""

    code = "referrals.program_changed"


class ReferralProgramOpen(DomainError):
    """Another program (`program`) takes friends: it has to be archived first."""

    code = "referrals.program_open"


class NoReferralProgram(DomainError):
    """No program takes friends now."""

    code = "referrals.no_program"


class NotAMember(DomainError):
    """Only members bring friends, and only members are brought."""

    code = "referrals.not_a_member"


class AlreadyReferred(DomainError):
    """The friend told another code before; it is never changed."""

    code = "referrals.already_told"


class TooLateToTell(DomainError):
    """The friend joined longer ago than a code may be told (`days`)."""

    code = "referrals.too_late"


class NotNew(DomainError):
    """The friend bought here before, or was a member before."""

    code = "referrals.not_new"


class SelfReferral(DomainError):
    """Both are one person, as far as can be known: by `because`."""

    code = "referrals.same_person"


class CircularReferral(DomainError):
    """The friend is whoever brought the referrer."""

    code = "referrals.circular"


class NothingToDecide(DomainError):
    """The referral does not wait for a decision: it is `state`."""

    code = "referrals.nothing_to_decide"


class TooManyCodesTried(TooOften):
    """Too many codes were wrong of late, by this member, from this address or in all; wait `seconds`."""

    code = "referrals.too_many_guesses"
