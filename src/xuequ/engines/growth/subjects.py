"""Whether every school's pupils sat the subjects in the same parts, where each pupil sat one of several.

Results are put on one scale within each subject. A school whose pupils sat other subjects than the district's would
be compared on the easy or the hard end of them.
"""

import numpy as np
import polars as pl
from scipy.stats import chi2

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import ordered

WILD_SHARE = 0.25
"""A subject's share of a school may differ this much from the district's before the mix is refused."""
UNEVEN_SHARE = 0.10
_CERTAIN = 1e-4
_NOTABLE = 0.01


def subject_mix(sample: pl.DataFrame) -> pl.DataFrame:
    """Count the subjects of each school's pupils beside the district's shares.

    Parameters
    ----------
    sample : ``school`` and ``subject``, one row for each pupil who sat one

    Returns
    -------
    pl.DataFrame
        school, subject, n, share, district_share and p, of the test that the school's mix is the district's

    Raises
    ------
    InputError
        ``uneven-subjects`` when a school's mix differs by more than a quarter and beyond chance: its effect
        would be that of its subjects.
    """
    shares = sample.group_by("subject").len().select("subject", district_share=pl.col("len") / sample.height)
    whole = sample.group_by("school").len("drawn")
    every = whole.join(shares, how="cross")
    counted = sample.group_by("school", "subject").len("n")
    table = every.join(counted, on=["school", "subject"], how="left").with_columns(pl.col("n").fill_null(0))
    table = table.with_columns((pl.col("n") / pl.col("drawn")).alias("share")).sort("school", "subject")
    tested = _mix_tests(table)
    wild = tested.filter((pl.col("off") > WILD_SHARE) & (pl.col("p") < _CERTAIN)).sort("p")
    if wild.height:
        school = str(wild["school"][0])
        message = (
            f"the sample of school {school!r} sat other subjects than the district's; draw subjects equally"
        )
        raise InputError("uneven-subjects", message, column="school", value=school)
    columns = ("school", "subject", pl.col("n").cast(pl.Int64), "share", "district_share", "p")
    return ordered(table.join(tested, on="school").select(columns), "school", "subject")


def _mix_tests(table: pl.DataFrame) -> pl.DataFrame:
    """Pearson's test of each school's mix against the district's, and its largest deviation."""
    expected = pl.col("drawn") * pl.col("district_share")
    by = table.group_by("school", maintain_order=True).agg(
        ((pl.col("n") - expected) ** 2 / expected).sum().alias("statistic"),
        (pl.col("share") - pl.col("district_share")).abs().max().alias("off"),
        pl.len().alias("subjects"),
    )
    df = np.maximum(by["subjects"].to_numpy() - 1, 1)
    return by.with_columns(pl.Series("p", chi2.sf(by["statistic"].to_numpy(), df)))


def mix_remarks(subjects: pl.DataFrame) -> tuple[Remark, ...]:
    """Name the schools whose mix is off by more than a tenth and hardly by chance: ``subject-mix``."""
    off = (pl.col("share") - pl.col("district_share")).abs()
    uneven = subjects.filter((pl.col("p") < _NOTABLE) & (off > UNEVEN_SHARE))["school"].unique().sort()
    return tuple(Remark("subject-mix", name=str(school)) for school in uneven)
