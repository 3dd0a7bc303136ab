"""The spline columns of a prior score."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from xuequ.engines.errors import InputError
from xuequ.engines.growth import splines
from xuequ.engines.growth.splines import SplineBasis, spline_basis

READING = SplineBasis((510.0, 548.0, 580.0, 617.0), 85.5, 859.5)


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=50).filter(lambda x: max(x) - min(x) > 0.1))
def test_columns_equal_scipy(scores: list[float]) -> None:
    basis = spline_basis(scores)
    knots = [*[basis.lower] * 4, *basis.knots, *[basis.upper] * 4]
    expected = BSpline.design_matrix(np.array(scores), knots, 3).toarray()[:, 1:]
    np.testing.assert_allclose(basis.design(scores), expected, atol=1e-12)


def test_outside_the_boundary_the_outer_pieces_continue_as_in_r() -> None:
    """R 4.2.2: bs(c(50, 900), knots = c(510, 548, 580, 617), Boundary.knots = c(85.5, 859.5))."""
    expected = [
        [-0.292735581524, 0.0207473216152, -0.000460817890566, 0, 0, 0, 0],
        [0, 0, 0, -0.00314639659555, 0.0832948727127, -0.66951505976760, 1.58936658365],
    ]
    np.testing.assert_allclose(READING.design([50.0, 900.0]), expected, rtol=1e-10, atol=1e-15)


def test_knots_are_rounded_quantiles_and_boundaries_a_widened_range() -> None:
    scores = np.random.default_rng(3).normal(500, 50, 1234)
    basis = spline_basis(scores)
    assert basis.knots == tuple(np.round(np.quantile(scores, [0.2, 0.4, 0.6, 0.8]), 3))
    length = scores.max() - scores.min()
    assert (basis.lower, basis.upper) == (scores.min() - 0.1 * length, scores.max() + 0.1 * length)
    assert basis.columns == 7


def test_rounding_keeps_knots_in_the_range_of_a_tiny_scale() -> None:
    basis = spline_basis([0.0001, 0.0002, 0.0003])
    assert 0.0001 <= min(basis.knots) <= max(basis.knots) <= 0.0003
    assert np.isfinite(basis.design([0.0001, 0.0002, 0.0003])).all()


@pytest.mark.parametrize(
    ("scores", "code"),
    [([], "constant-prior"), ([5.0, 5.0], "constant-prior"), ([1.0, np.nan], "infinite-value")],
)
def test_unusable_scores_are_refused_by_name(scores: list[float], code: str) -> None:
    with pytest.raises(InputError) as refusal:
        spline_basis(scores)
    assert refusal.value.code == code


def test_published_examples_hold() -> None:
    assert doctest.testmod(splines).failed == 0
