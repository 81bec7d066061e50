"""What the access log refuses."""

from dangol.domain.errors import NotFound


class NobodyThere(NotFound):
    """There is no customer with this id (`customer_id`), so there is nothing to show."""

    code = "access.nobody_there"
