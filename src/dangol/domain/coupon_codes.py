"""Coupon codes: drawn from a pattern, guarded by a check character, and read however they are typed.

The alphabet is Crockford's base 32 (https://www.crockford.com/base32.html): digits and capitals without I, L,
O and U, which are taken for 1, 1, 0 and V. Its 32 characters are the elements of the field GF(2^5), and the
check character is that of a totally anti-symmetric quasigroup over it, x * y = 2 (x + y) (H. M. Damm,
"Totally anti-symmetric quasigroups for all orders n ≠ 2, 6", Discrete Mathematics 307, 2007, 715–729): each
single character that is wrong and each two neighbors that changed places are found. Unlike ISO 7064's, it
needs no character outside of the alphabet, so nothing drawn has to be thrown away.
"""

import secrets
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from dangol.domain.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN, LEAST_BITS, BITS_EACH = "#", 60, 5
LONGEST_CODE = 64
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FIELD = 0b100101  # x^5 + x^2 + 1, which is primitive
# Of any byte the character it draws, and of any character of ASCII what is compared of it.
_CHARACTERS = bytes(ord(ALPHABET[one & 31]) for one in range(256))
_COMPARED = {
    one: chr(one).upper().translate(_LOOK_ALIKES) if chr(one).isalnum() else None for one in range(128)
}
_LITERALS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-")


class InvalidPattern(Malformed):
    """No codes can be drawn from it; `problem` is `empty`, `too_long` or `character` (which one)."""

    code = "coupons.invalid_pattern"


class GuessablePattern(Malformed):
    """The pattern draws `bits` bits at random, fewer than the `least` that keep codes from being guessed."""

    code = "coupons.guessable_pattern"


class Pattern(NamedTuple):
    """What codes look like: each `#` of `text` is drawn; the check character comes at the end."""

    text: str

    @property
    def bits(self) -> int:
        """How many bits of a code are drawn at random."""
        return BITS_EACH * self.text.count(DRAWN)

    @property
    def prefix(self) -> str:
        """What stands before the first drawn character, without hyphens at its end."""
        return self.text.partition(DRAWN)[0].rstrip("-")


def read_pattern(text: str) -> Pattern:
    """Return a pattern as written, in capitals; raises InvalidPattern, or GuessablePattern under 60 bits."""
    written = unicodedata.normalize("NFKC", text).upper().strip()
    if DRAWN not in written:
        raise InvalidPattern(problem="empty", character="")
    if len(written) >= LONGEST_CODE:
        raise InvalidPattern(problem="too_long", character="")
    if wrong := [one for one in written if one not in _LITERALS and one != DRAWN]:
        raise InvalidPattern(problem="character", character=wrong[0])
    pattern = Pattern(written)
    if pattern.bits < LEAST_BITS:
        raise GuessablePattern(bits=pattern.bits, least=LEAST_BITS)
    return pattern


def normalize(text: str) -> str:
    """Return what is compared of a code: letters and digits alone, in capitals, look-alikes as one.

    Spaces, hyphens, full-width forms and small letters make no difference; nothing is left of no code.
    """
    text = text[: 4 * LONGEST_CODE]
    if text.isascii():
        return text.translate(_COMPARED)
    shown = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join([one for one in shown if one.isalnum()]).translate(_LOOK_ALIKES)


def check_character(key: str) -> str:
    """Return the check character of normalized characters, all of the alphabet."""
    interim = 0
    for character in key:
        interim = _doubled(interim ^ _VALUES[character])
    return ALPHABET[interim]


def _doubled(value: int, times: int = 1) -> int:
    for _ in range(times):
        value <<= 1
        if value & 0b100000:
            value ^= _FIELD
    return value


def is_whole(text: str) -> bool:
    """Say whether a code ends in its own check character; codes that were not drawn here have none."""
    key = normalize(text)
    return len(key) > 1 and all(one in _VALUES for one in key) and check_character(key[:-1]) == key[-1]


def draw(pattern: Pattern, count: int, *, random: Callable[[int], bytes] = secrets.token_bytes) -> list[str]:
    """Return so many codes as they are shown, no two alike among them; unguessable with `secrets`' bytes."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes |= dict.fromkeys(_drawn(pattern, count - len(codes), random))
    return list(codes)


def _drawn(pattern: Pattern, count: int, random: Callable[[int], bytes]) -> list[str]:
    """Draw column by column: each place of all codes at once.

    The check character is a sum, so that each place adds its own part to it, whatever stands in the others.
    """
    width = len(pattern.text) + 1
    drawn = bytearray((pattern.text + DRAWN).encode() * count)
    keys = [one for one in pattern.text if one == DRAWN or normalize(one)]
    doublings = iter(range(len(keys), 0, -1))
    sums = 0
    for place, written in enumerate(pattern.text):
        if written != DRAWN and not normalize(written):
            continue
        times = next(doublings)
        if written == DRAWN:
            # 256 is a multiple of 32, so that each character is as likely as any other.
            values = random(count)
            drawn[place::width] = values.translate(_CHARACTERS)
        else:
            values = bytes([_VALUES[normalize(written)]]) * count
        sums ^= int.from_bytes(values.translate(bytes(_doubled(one & 31, times) for one in range(256))))
    drawn[width - 1 :: width] = sums.to_bytes(count).translate(_CHARACTERS)
    text = drawn.decode()
    return [text[first : first + width] for first in range(0, len(text), width)]
