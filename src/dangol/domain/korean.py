"""Korean particles, which depend on how the word before them ends.

A syllable of Hangul is 0xAC00 + (initial × 21 + vowel) × 28 + final (Unicode Standard, section 3.12), so
the remainder by 28 is zero where no consonant closes it. Digits and Latin letters are judged by how they
are read: 영 일 삼 육 칠 팔 are closed, and so are 엘 엠 엔 알.
"""

_PAIRS = {
    "을": ("을", "를"), "를": ("을", "를"), "이": ("이", "가"), "가": ("이", "가"),
    "은": ("은", "는"), "는": ("은", "는"), "과": ("과", "와"), "와": ("과", "와"),
    "으로": ("으로", "로"), "로": ("으로", "로"), "이에요": ("이에요", "예요"), "예요": ("이에요", "예요"),
    "이나": ("이나", "나"), "나": ("이나", "나"),
}  # fmt: skip
# A capital is read as a letter (알), a small r at a word's end is a long vowel (실버).
_CLOSED = frozenset("013678LMNRlmn")
# Closed by ㄹ, after which "로" keeps its short form: 서울로, 1로, 7로, 8로.
_CLOSED_BY_RIEUL = frozenset("178LRl")
_RIEUL = 8


def particle(word: str, josa: str) -> str:
    """Return the form of `josa` that follows `word`; raises KeyError for a particle not known."""
    closed_form, open_form = _PAIRS[josa]
    closed, rieul = _ending(word)
    if open_form == "로" and rieul:
        return open_form
    return closed_form if closed else open_form


def with_particle(word: str, josa: str) -> str:
    """Return the word with its particle: `쿠폰을`, `포인트를`, `1,200P가`."""
    return word + particle(word, josa)


def _ending(word: str) -> tuple[bool, bool]:
    """Return whether the word's last sound is a consonant, and whether that is ㄹ."""
    last = next((letter for letter in reversed(word) if letter.isalnum()), "")
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        return final != 0, final == _RIEUL
    return last in _CLOSED, last in _CLOSED_BY_RIEUL
