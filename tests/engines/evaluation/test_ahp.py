"""Weights from judgements: exact cases, NumPy's eigenvalues, missing pairs, advice by brute force, refusals."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import complete, prioritise, prioritise_many
from xuequ.engines.evaluation.examples import cars, drinks, leader
from xuequ.engines.evaluation.judgements import SAATY, Judgements, judgements, read_judgements
from xuequ.engines.evaluation.random_index import RANDOM_INDICES, random_index
from xuequ.engines.evaluation.repair import advise

nan = np.nan


def random_matrices(seed: int, count: int, n: int) -> np.ndarray:
    """Reciprocal matrices whose upper triangles are drawn from Saaty's scale."""
    rng = np.random.default_rng(seed)
    A = np.ones((count, n, n))
    i, j = np.triu_indices(n, 1)
    A[:, i, j] = rng.choice(SAATY, (count, len(i)))
    A[:, j, i] = 1 / A[:, i, j]
    return A


def named(values: np.ndarray) -> Judgements:
    return judgements([f"u{i}" for i in range(len(values))], values)


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=9))
def test_consistent_judgements_give_their_weights_back_without_contradiction(weights: list[float]) -> None:
    w = np.array(weights)
    found = prioritise(named(w[:, None] / w[None, :]))
    assert found.weights == pytest.approx(w / w.sum(), rel=1e-9)
    assert found.cr == pytest.approx(0, abs=1e-9)
    assert (found.gci, found.koczkodaj) == pytest.approx((0, 0), abs=1e-9)
    assert found.consistent


def test_two_indexes_cannot_contradict_each_other() -> None:
    found = prioritise(named(np.array([[1, 4], [nan, 1]])))
    assert found.weights == pytest.approx([0.8, 0.2])
    assert (found.cr, found.ri) == (0, 0)


@pytest.mark.parametrize("n", [3, 5, 7, 9, 15])
def test_eigenvalues_are_those_of_a_general_solver(n: int) -> None:
    A = random_matrices(n, 60, n)
    values, vectors = np.linalg.eig(A)
    at = np.abs(values).argmax(axis=1)
    vector = np.abs(np.take_along_axis(vectors, at[:, None, None], 2)[:, :, 0].real)
    found = prioritise_many(A)
    assert found.lambda_max == pytest.approx(np.abs(values).max(axis=1), rel=1e-9)
    assert found.weights == pytest.approx(vector / vector.sum(axis=1, keepdims=True), rel=1e-6)


@pytest.mark.parametrize("method", ["eigenvector", "geometric"])
def test_many_matrices_at_once_are_each_alone(method: str) -> None:
    A = random_matrices(1, 8, 6)
    found = prioritise_many(A, method, "saaty2005")
    for k in range(8):
        alone = prioritise(named(A[k]), method, "saaty2005")
        assert found.weights[k] == pytest.approx(alone.weights, rel=1e-9)
        assert found.cr[k] == pytest.approx(alone.cr, rel=1e-9)


def test_the_mean_of_random_judgements_is_the_random_index() -> None:
    for n in (3, 5, 7):
        A = random_matrices(3, 20_000, n)
        ci = (prioritise_many(A).lambda_max - n) / (n - 1)
        assert ci.mean() == pytest.approx(RANDOM_INDICES["mc"][n - 3], abs=4 * ci.std() / 20_000**0.5)


def test_a_matrix_near_the_limit_passes_under_one_table_alone() -> None:
    tables = {table: prioritise(leader()[1]["Edu"], ri=table).cr for table in RANDOM_INDICES}
    assert tables["saaty1980"] < tables["mc"] < tables["saaty2005"]


def test_the_advice_is_the_best_of_all_changes_tried_one_by_one() -> None:
    matrix = named(random_matrices(5, 1, 5)[0])
    found = prioritise(matrix)
    advice = advise(matrix, found)
    assert advice is not None
    tried = {}
    for i in range(5):
        for j in range(i + 1, 5):
            for value in SAATY:
                changed = matrix.values.copy()
                changed[i, j], changed[j, i] = value, 1 / value
                tried[i, j, value] = prioritise(named(changed)).cr
    assert advice.cr == pytest.approx(min(tried.values()), rel=1e-9)
    assert advice.cr < found.cr
    assert advice.suggested >= 1


def test_an_absurd_judgement_is_found_and_mended() -> None:
    w = np.array([0.4, 0.2, 0.2, 0.1, 0.1])
    values = w[:, None] / w[None, :]
    values[0, 4], values[4, 0] = 1 / 9, 9
    advice = advise(matrix := named(values), prioritise(matrix))
    assert advice is not None
    assert (advice.first, advice.second, advice.suggested) == ("u0", "u4", 4)
    assert advice.cr == pytest.approx(0, abs=1e-9)


def test_there_is_nothing_to_advise_on_consistent_judgements() -> None:
    matrix = named(np.array([[1, 2, 4], [nan, 1, 2], [nan, nan, 1]]))
    assert advise(matrix, prioritise(matrix)) is None


@pytest.mark.parametrize("method", ["eigenvector", "geometric"])
def test_missing_pairs_of_consistent_judgements_are_found_again(method: str) -> None:
    w = np.array([8.0, 4, 2, 1, 1])
    values = w[:, None] / w[None, :]
    for i, j in ((0, 1), (1, 4), (2, 3)):
        values[i, j] = values[j, i] = nan
    found = prioritise(named(values), method)
    assert found.weights == pytest.approx(w / w.sum(), rel=1e-6)
    assert found.missing == 3
    assert found.completed[0, 1] == pytest.approx(2, rel=1e-6)


def test_the_completion_makes_the_eigenvalue_smallest() -> None:
    values = drinks().values.copy()
    for i, j in ((0, 3), (2, 5)):
        values[i, j] = values[j, i] = nan
    matrix = named(values)
    best = prioritise(matrix).lambda_max
    full = complete(matrix, "eigenvector")
    for i, j in ((0, 3), (2, 5)):
        for factor in (0.99, 1.01):
            other = full.copy()
            other[i, j], other[j, i] = full[i, j] * factor, 1 / (full[i, j] * factor)
            assert prioritise_many(other[None]).lambda_max[0] > best


def test_judgements_that_only_span_the_indexes_cannot_contradict() -> None:
    values = np.full((4, 4), nan)
    values[0, 1], values[1, 2], values[2, 3] = 2, 3, 4
    found = prioritise(named(values))
    assert found.weights == pytest.approx(np.array([24, 12, 4, 1]) / 41, rel=1e-6)
    assert (found.missing, found.cr, found.gci) == (3, 0, 0)
    assert random_index(4, "mc", 3) == 0


def test_rounded_reciprocals_are_taken_from_the_side_above_one() -> None:
    found = judgements(["a", "b", "c"], np.array([[1, 0.33, 8], [3, 1, nan], [0.13, 0.5, 1]]))
    assert found.values.tolist() == [[1, 1 / 3, 8], [3, 1, 2], [1 / 8, 1 / 2, 1]]


def refused(call, *arguments) -> InputError:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("cells", "code", "column", "row"),
    [
        ([["1", "3", "1"], ["1/3", "1", "x"], ["1", "1", "1"]], "not-a-number", "c", 2),
        ([["1", "3", "1"], ["1/2", "1", "1"], ["1", "1", "1"]], "not-reciprocal", "b", 1),
        ([["1", "-3", "1"], ["", "1", "1"], ["1", "1", "1"]], "not-positive", "b", 1),
        ([["1", "1", "1"], ["1", "2", "1"], ["1", "1", "1"]], "diagonal", "b", 2),
        ([["1", "1", "1"], ["1", "1", "1/0"], ["1", "1", "1"]], "not-a-number", "c", 2),
        ([["1", "inf", ""], ["", "1", "1"], ["1", "1", "1"]], "too-far", "b", 1),
        ([["1", "", ""], ["", "1", "3"], ["", "", "1"]], "not-connected", None, None),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(
    cells: list[list[str]], code: str, column: str | None, row: int | None
) -> None:
    rows = [[name, *line] for name, line in zip("abc", cells, strict=True)]
    error = refused(read_judgements, pl.DataFrame(rows, schema=["", "a", "b", "c"], orient="row"))
    assert (error.code, error.column, error.row) == (code, column, row)


def test_a_table_must_be_square_with_the_same_names() -> None:
    assert refused(read_judgements, pl.DataFrame({"": ["a"], "a": ["1"], "b": ["2"]})).code == "not-square"
    table = pl.DataFrame({"": ["a", "c"], "a": ["1", ""], "b": ["2", "1"]})
    error = refused(read_judgements, table)
    assert (error.code, error.column, error.row) == ("names-differ", "b", 2)
    assert refused(judgements, ["a"], np.ones((1, 1))).code == "too-few-indexes"
    assert refused(judgements, ["a", "a"], np.ones((2, 2))).code == "repeated-name"
    assert refused(judgements, ["a", "b"], np.ones((3, 3))).code == "not-square"


def test_what_is_not_known_is_refused() -> None:
    assert refused(prioritise, cars(), "mean").code == "unknown-method"
    assert refused(prioritise, cars(), "eigenvector", "mine").code == "unknown-random-index"
    assert refused(prioritise, named(np.ones((16, 16)))).code == "too-many-indexes"
    assert refused(prioritise_many, np.ones((2, 3))).code == "not-square"
    assert refused(prioritise_many, np.full((2, 3, 3), nan)).code == "incomplete"
    assert refused(prioritise_many, np.ones((2, 3, 3)), "mean").code == "unknown-method"
