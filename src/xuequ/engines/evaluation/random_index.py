"""Random indices: the mean consistency index of random judgements, by which a matrix's own is divided.

Tables differ in the third digit, and a matrix near the limit may pass under one alone, so a result always says which
it used. ``mc`` (Monte Carlo) are means of 500,000 random matrices, as in the R package ahpsurvey; ``saaty2005`` and
``saaty1980`` are Saaty's own. The old table falls from n = 11 to 12, a known misprint, kept for comparison alone.
"""

from xuequ.engines.errors import InputError

RANDOM_INDICES: dict[str, tuple[float, ...]] = {
    "mc": (0.5251686, 0.8836651, 1.1081014, 1.2492774, 1.3415514, 1.4048466, 1.4507197, 1.4857266, 1.5141022,
           1.5356638, 1.5545925, 1.5703498, 1.5839958),
    "saaty2005": (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    "saaty1980": (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
}  # fmt: skip
"""Values for n = 3, 4, … 15."""

MOST = 15


def random_index(n: int, table: str = "mc", missing: int = 0) -> float:
    """Return RI for n indexes, less where ``missing`` pairs were not judged.

    With missing pairs RI(n, m) ≈ (1 − 2m / ((n−1)(n−2))) RI(n) (Ágoston & Csató 2022, *Omega* 108): fewer judgements
    leave less to contradict, and those that only span the indexes leave nothing.

    Raises
    ------
    InputError
        ``unknown-random-index`` or ``too-many-indexes``.

    >>> random_index(7, "saaty2005")
    1.35
    """
    if table not in RANDOM_INDICES:
        known = ", ".join(RANDOM_INDICES)
        raise InputError("unknown-random-index", f"no random index {table!r}; there are: {known}")
    if n > MOST:
        message = f"{n} indexes; no random index is published beyond {MOST}: group them under a level above"
        raise InputError("too-many-indexes", message)
    if n < 3:
        return 0.0
    left = 1.0 - 2.0 * missing / ((n - 1) * (n - 2))
    return RANDOM_INDICES[table][n - 3] * max(left, 0.0)
