"""What a search for who is like those in a segment is called, and its traits."""

MODEL = "lookalike"


def score_of(slug: str) -> str:
    """Return the trait that says how like somebody is to those in a segment, from 0 to 1."""
    return f"{MODEL}.{slug.replace('-', '_')}"


def because_of(slug: str) -> str:
    """Return the trait that lists the features which speak most for it."""
    return f"{score_of(slug)}.because"
