"""The one error that a user's own input can cause, whatever the way it came in."""


class BadInput(ValueError):
    """Input that cannot be used: names the place, the field, the value's problem and the fix.

    The command line turns it into exit code 2; nothing below it should reach a user as a stack trace.

    Args:
        field: the setting or column at fault, such as `correct` or `--samples`.
        problem: what is wrong with the value given, quoting it.
        fix: what the user can do, as an imperative.
        where: the file and line, such as `sentences.jsonl:3`; None when there is none.
    """

    def __init__(self, field: str, problem: str, fix: str, where: str | None = None):
        super().__init__(field, problem, fix, where)
        self.field = field
        self.problem = problem
        self.fix = fix
        self.where = where

    def at(self, where: str | None) -> "BadInput":
        """The same error, placed at `where` unless it already has a place."""
        return BadInput(self.field, self.problem, self.fix, self.where or where)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.field}: {self.problem}. {self.fix}"
