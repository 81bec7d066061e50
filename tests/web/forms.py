"""What a browser without scripts sends of a form on a page."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Collects what the form of an id holds, in its order."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self._id, self._inside = form_id, False
        self._select: str | None = None
        self._area: str | None = None
        self.held: dict[str, list[str]] = {}

    def _hold(self, name: str | None, value: str) -> None:
        if name:
            self.held.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element holds."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._id
        elif not self._inside:
            return
        elif tag == "select":
            self._select = given["name"]
            self.held[self._select] = []
        elif tag == "option" and self._select:
            # The first one stands as chosen until another is.
            if "selected" in given or not self.held[self._select]:
                self.held[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._area = given["name"]
            self._hold(self._area, "")
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self._hold(given.get("name"), given.get("value", ""))

    def handle_data(self, data: str) -> None:
        """Take what stands in a text area; its first line break is no text."""
        if self._area:
            held = self.held[self._area]
            held[-1] = (held[-1] + data).removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def read_form(page: str, form_id: str) -> dict[str, list[str]]:
    """Return what the form of an id would send, without any of its buttons."""
    form = _Form(form_id)
    form.feed(page)
    return form.held
