"""What a search for who is like those in a segment is called: its run and its traits."""

RUNS = "lookalike."


def run_name(slug: str) -> str:
    """Return the name under which the runs for a segment are noted."""
    return RUNS + slug


def score_of(slug: str) -> str:
    """Return the trait that says how like somebody is to those in a segment, from 0 to 1."""
    return f"lookalike.{slug.replace('-', '_')}"


def because_of(slug: str) -> str:
    """Return the trait that lists the features which speak most for it."""
    return f"{score_of(slug)}.because"
