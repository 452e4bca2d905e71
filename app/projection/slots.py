"""What one row of a statement holds."""

from __future__ import annotations


class Slots:
    """The expressions of one row; asking twice for the same gives the same place."""

    def __init__(self) -> None:
        self.expressions: list[str] = []

    def take(self, expression: str) -> int:
        """The place of an expression's value in the row."""
        if expression in self.expressions:
            return self.expressions.index(expression)
        self.expressions.append(expression)
        return len(self.expressions) - 1

    def text(self) -> str:
        """The row, as a list."""
        return f"[{', '.join(self.expressions) or 'true'}]"

    @property
    def width(self) -> int:
        """How many values the row has."""
        return max(1, len(self.expressions))
