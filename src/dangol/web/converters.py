"""How ids stand in addresses."""

from dangol.core.storage.ids import Id, parse_id, show_id


class IdConverter:
    """An id in the usual form of 36 characters."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> Id:
        """Return the id."""
        return parse_id(value)

    def to_url(self, value: Id) -> str:
        """Return the id's text."""
        return show_id(value)
