"""Values that cannot be what their field says: one refusal for each reason."""

from dangol.domain.errors import DomainError


class RefusedValue(DomainError):
    """The family of refusals of a value. `field` names the field; the value itself is never repeated."""

    def __init__(self, *, field: str) -> None:
        super().__init__(field=str(field))
        self.field = str(field)

    @property
    def reason(self) -> str:
        """What is wrong, as the end of the code says it."""
        return self.code.partition(".")[2]


class EmptyValue(RefusedValue):
    """There is nothing in this field."""

    code = "value.empty"


class PlaceholderValue(RefusedValue):
    """The field holds a program's word for nothing (null, -1), or only zeros."""

    code = "value.placeholder"


class TooLong(RefusedValue):
    """The value has more characters than the field takes."""

    code = "value.too_long"


class UnseenCharacter(RefusedValue):
    """The value has a character nobody can see, such as a byte order mark."""

    code = "value.unseen_character"


class NotAnEmail(RefusedValue):
    """This is no e-mail address."""

    code = "value.not_an_email"


class NotAPhone(RefusedValue):
    """Nobody can have this phone number."""

    code = "value.not_a_phone"


class NotDigits(RefusedValue):
    """A card number has digits only."""

    code = "value.not_digits"


class WrongLength(RefusedValue):
    """A card number has 4 to 24 digits."""

    code = "value.wrong_length"


class PaymentCard(RefusedValue):
    """This is the number of a payment card, and none is kept."""

    code = "value.payment_card"


class ResidentNumber(RefusedValue):
    """This is a Korean resident registration number, and none is kept."""

    code = "value.resident_number"


class DayOutOfRange(RefusedValue):
    """A birthday lies between 1900 and today."""

    code = "value.day_out_of_range"


class UnknownCode(RefusedValue):
    """No such currency (ISO 4217) or region (ISO 3166)."""

    code = "value.unknown_code"


class NotALanguage(RefusedValue):
    """This is no language tag."""

    code = "value.not_a_language"


class NotATrait(RefusedValue):
    """A trait has a lower-case name, and text or a whole number as its value."""

    code = "value.not_a_trait"


class NotAChannel(RefusedValue):
    """There is no such channel."""

    code = "value.not_a_channel"


class NotAPurpose(RefusedValue):
    """A purpose is a lower-case word."""

    code = "value.not_a_purpose"


class NotAZone(RefusedValue):
    """There is no such time zone."""

    code = "value.not_a_zone"
