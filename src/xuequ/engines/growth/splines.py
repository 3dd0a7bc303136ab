"""Cubic B-splines of a prior score: knots, boundaries and the columns they give a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xuequ.engines.errors import InputError

FloatArray = NDArray[np.float64]

DEGREE = 3
KNOT_QUANTILES = (0.2, 0.4, 0.6, 0.8)
KNOT_DECIMALS = 3
BOUNDARY_MARGIN = 0.1
COLUMNS = len(KNOT_QUANTILES) + DEGREE


@dataclass(frozen=True, slots=True)
class SplineBasis:
    """Where the pieces of a cubic spline meet, and the interval it spans (score points).

    Attributes
    ----------
    knots : inner knots, increasing, length 4
    lower, upper : boundary knots
    """

    knots: tuple[float, ...]
    lower: float
    upper: float

    @property
    def columns(self) -> int:
        """How many model columns one prior takes: one for each inner knot and three for the cubic."""
        return len(self.knots) + DEGREE

    def design(self, scores: ArrayLike) -> FloatArray:
        """Values of the basis functions but the first, as R's ``bs(intercept = FALSE)`` gives them.

        Parameters
        ----------
        scores : score points, shape (n,); outside the boundary the outer cubic pieces are continued

        Returns
        -------
        array, shape (n, 7)

        Notes
        -----
        The recurrence of Cox and de Boor in the triangular form of Piegl and Tiller, *The NURBS Book*
        (2nd ed. 1997), algorithm A2.2: only the four functions that are not zero at a score are formed.
        The first function is left out because the intercept already lies in the span of all of them.

        Examples
        --------
        Halfway between two of evenly spaced knots a cubic B-spline has the values 1/48, 23/48, 23/48, 1/48.

        >>> basis = SplineBasis((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 0.0, 7.0)
        >>> (48 * basis.design([3.5])[0]).round(9).tolist()
        [0.0, 0.0, 1.0, 23.0, 23.0, 1.0, 0.0, 0.0, 0.0]
        """
        x = np.asarray(scores, dtype=np.float64)
        ends = DEGREE + 1
        knots = np.array([*[self.lower] * ends, *self.knots, *[self.upper] * ends])
        span = np.searchsorted(self.knots, x, side="right") + DEGREE
        local = _local_values(x, knots, span)
        values = np.zeros((len(x), len(self.knots) + ends))
        values[np.arange(len(x))[:, None], span[:, None] + np.arange(-DEGREE, 1)] = local
        return values[:, 1:]


def _local_values(x: FloatArray, knots: FloatArray, span: NDArray[np.intp]) -> FloatArray:
    local = np.zeros((len(x), DEGREE + 1))
    local[:, 0] = 1.0
    for degree in range(1, DEGREE + 1):
        carried = np.zeros(len(x))
        for k in range(degree):
            right = knots[span + k + 1]
            left = knots[span + k + 1 - degree]
            share = local[:, k] / (right - left)
            local[:, k] = carried + (right - x) * share
            carried = (x - left) * share
        local[:, degree] = carried
    return local


def spline_basis(scores: ArrayLike) -> SplineBasis:
    """Knots and boundaries from the scores of a reference group.

    Knots are the quantiles .2, .4, .6 and .8 (linear interpolation, R's type 7) rounded to 3 decimals;
    boundaries are the range widened by a tenth of its length on each side.

    Parameters
    ----------
    scores : score points of everybody in the reference group, shape (n,), no missing values

    Raises
    ------
    InputError
        ``constant-prior`` when the scores do not differ, ``infinite-value`` when one is not finite.

    Examples
    --------
    >>> spline_basis(range(0, 101))
    SplineBasis(knots=(20.0, 40.0, 60.0, 80.0), lower=-10.0, upper=110.0)
    """
    x = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(x).all():
        raise InputError("infinite-value", "a prior score is not a finite number")
    if len(x) == 0 or x.min() == x.max():
        raise InputError("constant-prior", "the prior scores do not differ, so they predict nothing")
    margin = BOUNDARY_MARGIN * (x.max() - x.min())
    # On a scale of thousandths rounding must not push a knot out of the range.
    knots = np.round(np.quantile(x, KNOT_QUANTILES), KNOT_DECIMALS).clip(x.min(), x.max())
    return SplineBasis(tuple(knots.tolist()), float(x.min() - margin), float(x.max() + margin))
