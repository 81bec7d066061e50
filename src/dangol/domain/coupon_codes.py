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
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dangol.domain.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN, LEAST_BITS, BITS_EACH = "#", 60, 5
LONGEST_CODE = 64
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FIELD = 0b100101  # x^5 + x^2 + 1, which is primitive
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
    shown = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[: 4 * LONGEST_CODE]).upper())
    return "".join([one for one in shown if one.isalnum()]).translate(_LOOK_ALIKES)


def check_character(key: str) -> str:
    """Return the check character of normalized characters, all of the alphabet."""
    interim = 0
    for character in key:
        interim = (interim ^ _VALUES[character]) << 1
        if interim & 0b100000:
            interim ^= _FIELD
    return ALPHABET[interim]


def is_whole(text: str) -> bool:
    """Say whether a code ends in its own check character; codes that were not drawn here have none."""
    key = normalize(text)
    return len(key) > 1 and all(one in _VALUES for one in key) and check_character(key[:-1]) == key[-1]


def draw(pattern: Pattern, count: int, *, random: Callable[[int], bytes] = secrets.token_bytes) -> list[str]:
    """Return so many codes as they are shown, no two alike among them; unguessable with `secrets`' bytes."""
    codes: dict[str, str] = {}
    while len(codes) < count:
        for code in _drawn(pattern, count - len(codes), random):
            codes.setdefault(normalize(code), code)
    return list(codes.values())


def _drawn(pattern: Pattern, count: int, random: Callable[[int], bytes]) -> Iterator[str]:
    parts = pattern.text.split(DRAWN)
    width = len(parts) - 1
    # 256 is a multiple of 32, so that each character is as likely as any other.
    characters = iter(random(width * count))
    literals = [(part, normalize(part)) for part in parts]
    for _ in range(count):
        shown, key = [literals[0][0]], [literals[0][1]]
        for part, plain in literals[1:]:
            character = ALPHABET[next(characters) & 31]
            shown += (character, part)
            key += (character, plain)
        yield "".join(shown) + check_character("".join(key))
