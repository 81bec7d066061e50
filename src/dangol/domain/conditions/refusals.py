"""What is wrong with a condition, and where."""

from dangol.domain.errors import Malformed


class BrokenCondition(Malformed):
    """The condition does not have the form conditions have: `path` leads to the place, `fault` says what."""

    code = "condition.malformed"

    @property
    def path(self) -> str:
        """The JSON path of the part that is wrong, such as `$.of[1].value`."""
        return str(self.data["path"])


class UnknownTrait(BrokenCondition):
    """No trait has this name: `trait` at `path`."""

    code = "condition.unknown_trait"


class UnfitOperator(BrokenCondition):
    """The operator `op` at `path` cannot be asked of a `kind`; `fitting` lists those that can."""

    code = "condition.unfit_operator"


class UnfitValue(BrokenCondition):
    """The value does not fit: at `path` the operator needs `needed`."""

    code = "condition.unfit_value"


class EmptyGroup(BrokenCondition):
    """The group or the sequence at `path` holds fewer than the `least` parts it needs."""

    code = "condition.empty_group"


class TooDeep(BrokenCondition):
    """The groups at `path` stand deeper in one another than `most` levels."""

    code = "condition.too_deep"


class TooMany(BrokenCondition):
    """There are more than `most` `parts` at `path`."""

    code = "condition.too_many"


class NonsenseWindow(BrokenCondition):
    """The window at `path` holds no time: it ends before it begins, or names neither end."""

    code = "condition.nonsense_window"


class NumberOutOfRange(BrokenCondition):
    """The number `found` at `path` is not from `least` to `most`."""

    code = "condition.out_of_range"
