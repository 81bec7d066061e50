"""The numbers of docs/algorithms/coupons.md, computed: `python -m tests.domain.coupon_worked`."""

from dangol.domain.coupon_codes import (
    ALPHABET,
    LEAST_BITS,
    GuessablePattern,
    check_character,
    is_whole,
    normalize,
    read_pattern,
)
from tests.domain.promotions.worked import table

DRAWN = "7K2M9QXD4RTW"


def steps() -> str:
    """Return how the check character of a short code comes about."""
    rows, key = [], "SVN7K2"
    for place, character in enumerate(key):
        before = ALPHABET.index(check_character(key[:place]))
        value = ALPHABET.index(character)
        after = ALPHABET.index(check_character(key[: place + 1]))
        rows.append([f"`{character}`", value, before, before ^ value, after])
    return table(["character", "value", "before", "sum", "doubled"], rows)


def spellings() -> str:
    """Return how one code may be typed, and what is found to be wrong in others."""
    code = f"SPRING-7K2M-9QXD-4RTW{check_character(normalize('SPRING' + DRAWN))}"
    typed = [
        code, code.lower(), code.replace("-", " "), code.replace("I", "l"), code.replace("7K", "K7"),
        code.replace("9", "8"), code[:-1],
    ]  # fmt: skip
    return table(
        ["typed", "compared as", "whole"],
        [[f"`{one}`", f"`{normalize(one)}`", "yes" if is_whole(one) else "no"] for one in typed],
    )


def patterns() -> str:
    """Return what may be drawn from, and how likely it is to hit one of 100,000 codes by a guess."""
    rows = []
    for text in ("SPRING-####-####-####", "####-####-####-####", "SPRING-####-####"):
        try:
            bits = read_pattern(text).bits
            rows.append([f"`{text}`", bits, f"1 in {2**bits // 100_000:,}"])
        except GuessablePattern as refusal:
            rows.append([f"`{text}`", refusal.data["bits"], f"refused: under {LEAST_BITS} bits"])
    return table(["pattern", "bits", "a guess hits one of 100,000 codes"], rows)


TABLES = (steps, spellings, patterns)

if __name__ == "__main__":
    for each in TABLES:
        print(each(), end="\n\n")
