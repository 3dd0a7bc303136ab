"""What an engine raises when its input cannot be used."""


class InputError(ValueError):
    """Input that cannot be used, with where and why, as data: wording for people belongs to the caller.

    Parameters
    ----------
    code : short machine name of the reason, e.g. ``"unknown-column"``
    message : one English sentence for the command line
    column : name of the column concerned, if any
    row : 1-based data row (the heading is not counted), if any
    value : the offending text, if any; callers that log must treat it as personal data
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        column: str | None = None,
        row: int | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.column = column
        self.row = row
        self.value = value

    def __reduce__(self) -> tuple[object, ...]:
        # Results and errors cross process borders in batch runs.
        return _rebuild, (type(self), self.code, self.message, self.column, self.row, self.value)

    def __str__(self) -> str:
        where = [f"column {self.column!r}"] if self.column is not None else []
        where += [f"row {self.row}"] if self.row is not None else []
        return f"{', '.join(where)}: {self.message}" if where else self.message


def _rebuild(
    cls: type[InputError], code: str, message: str, column: str | None, row: int | None, value: str | None
) -> InputError:
    return cls(code, message, column=column, row=row, value=value)
