"""How often ranges of experts' weights and of raters' scores hold the truth that was planted.

    python bench/evaluation_ranges.py [--panels 1000] [--json]

Experts: each has an opinion around the true weights (SD τ of its logarithms) and judges every pair with an error σ, in
steps of Saaty's scale; the truth is what 20,000 such experts say together. Coverage of 95 % ranges by the percentiles
of 400 resampled panels (of n, and of n − 1 ballots), by bootstrap-t, by the standard error of resampled panels times
Student's t, and by what the engine does (`group.weight_ranges`: leaving each out, on log odds, times t).

Raters: each is strict or mild and errs, on eight indexes in five grades; the truth is what 20,000 would give.
Coverage of the percentiles of 1,000 draws of all n raters and of n − 1 of them (`uncertainty.draw_raters`: engine).
"""

import argparse
import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from xuequ.engines.evaluation.ahp import eigen_weights
from xuequ.engines.evaluation.judgements import SAATY
from xuequ.engines.evaluation.uncertainty import draw_raters

Array = NDArray[np.float64]
STEPS = np.log(np.array(SAATY))
SIZES = (3, 5, 8, 15, 30)
SCENES = (
    ("six parts, τ .4, σ .2", np.array([0.3, 0.25, 0.2, 0.1, 0.1, 0.05]), 0.4, 0.2),
    ("four parts, τ .7, σ .3", np.array([0.5, 0.3, 0.15, 0.05]), 0.7, 0.3),
    ("three parts, τ .3, σ .1", np.array([0.5, 0.3, 0.2]), 0.3, 0.1),
)
RESAMPLED, CHUNK = 400, 50
GRADES = np.array([95.0, 85.0, 75.0, 65.0, 50.0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--panels", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {
        name: {n: experts(weights, n, options.panels, tau, sigma) for n in SIZES}
        for name, weights, tau, sigma in SCENES
    }
    rated = {n: raters(n, options.panels) for n in SIZES}
    if options.json:
        print(json.dumps({"experts": found, "raters": rated}))
        return
    for name, by_size in found.items():
        for n, shares in by_size.items():
            print(
                f"{name}, {n:2} experts: " + ", ".join(f"{way} {share:.3f}" for way, share in shares.items())
            )
    for n, shares in rated.items():
        print(f"{n:2} raters: " + ", ".join(f"{way} {share:.3f}" for way, share in shares.items()))


def panels(
    rng: np.random.Generator, weights: Array, shape: tuple[int, int], tau: float, sigma: float
) -> Array:
    """Logarithms of judgements, (panels, experts, k, k)."""
    k = len(weights)
    i, j = np.triu_indices(k, 1)
    own = np.log(weights) + rng.normal(0, tau, (*shape, k))
    logs = own[..., i] - own[..., j] + rng.normal(0, sigma, (*shape, len(i)))
    logs = STEPS[np.abs(logs[..., None] - STEPS).argmin(axis=-1)]
    found = np.zeros((*shape, k, k))
    found[..., i, j], found[..., j, i] = logs, -logs
    return found


def _weights(logs: Array) -> Array:
    k = logs.shape[-1]
    return eigen_weights(np.exp(logs.reshape(-1, k, k)))[0].reshape(logs.shape[:-1])


def _odds(weights: Array) -> Array:
    return np.log(weights) - np.log1p(-weights)


def experts(weights: Array, n: int, count: int, tau: float, sigma: float) -> dict[str, float]:
    """Share of ranges that hold the truth, by way."""
    rng = np.random.default_rng(n)
    truth = _odds(_weights(panels(rng, weights, (20_000, 1), tau, sigma).mean(axis=(0, 1))[None])[0])
    held: dict[str, list[float]] = {}
    for _chunk in range(max(1, count // CHUNK)):
        logs = panels(rng, weights, (CHUNK, n), tau, sigma)
        for way, (low, high) in _ranges(logs, n, rng).items():
            held.setdefault(way, []).append(float(((low <= truth) & (truth <= high)).mean()))
    return {way: float(np.mean(shares)) for way, shares in held.items()}


def _ranges(logs: Array, n: int, rng: np.random.Generator) -> dict[str, tuple[Array, Array]]:
    """Ends of the log odds by each way."""
    point, q = _odds(_weights(logs.mean(axis=1))), float(t.ppf(0.975, n - 1))
    found: dict[str, tuple[Array, Array]] = {}
    for way, size in (("percentiles of n", n), ("percentiles of n-1", n - 1)):
        times = rng.multinomial(size, np.full(n, 1 / n), (len(logs), RESAMPLED)) / size
        drawn = _odds(_weights(np.einsum("pbn,pnij->pbij", times, logs)))
        low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
        found[way] = (low, high)
        if size < n:
            error = drawn.std(axis=1)
            found["resampled error, t"] = (point - q * error, point + q * error)
    found["bootstrap-t"] = _bootstrap_t(logs, point, n, rng)
    without = _odds(_weights((logs.sum(axis=1, keepdims=True) - logs) / (n - 1)))
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))
    found["leaving out, t (engine)"] = (point - q * error, point + q * error)
    return found


def _bootstrap_t(logs: Array, point: Array, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Studentised by each expert's own weights, whose centred logarithms are what moves the group's."""
    own, w = np.log(_weights(logs)), 1 / (1 + np.exp(-point))
    z = (own - (own * w[:, None]).sum(axis=-1, keepdims=True)) / (1 - w[:, None])
    times = rng.multinomial(n, np.full(n, 1 / n), (len(logs), RESAMPLED)) / n
    mean = np.einsum("pbn,pnk->pbk", times, z)
    spread = np.einsum("pbn,pnk->pbk", times, z**2) - mean**2
    error = np.sqrt(np.maximum(spread, 0) / (n - 1))
    # A panel of one expert drawn n times has no spread and tells no t.
    studentised = np.where(error > 1e-9, (mean - z.mean(axis=1)[:, None]) / np.maximum(error, 1e-9), 0.0)
    low, high = np.quantile(studentised, [0.025, 0.975], axis=1)
    own_error = z.std(axis=1, ddof=1) / np.sqrt(n)
    return point - high * own_error, point - low * own_error


def raters(n: int, count: int) -> dict[str, float]:
    """Share of ranges of the mean points of eight indexes that hold the truth."""
    rng = np.random.default_rng(100 + n)
    latent = rng.uniform(0.5, 3.5, 8)
    truth = _points(rng, latent, 20_000).mean()
    held = {"n": 0, "n-1 (engine)": 0}
    for _panel in range(count):
        points = _points(rng, latent, n).mean(axis=1)
        for way, times in (
            ("n", rng.multinomial(n, np.full(n, 1 / n), 1000) / n),
            ("n-1 (engine)", _drawn(n, rng)),
        ):
            low, high = np.quantile(times @ points, [0.025, 0.975])
            held[way] += bool(low <= truth <= high)
    return {way: hits / count for way, hits in held.items()}


def _drawn(n: int, rng: np.random.Generator) -> Array:
    times = draw_raters(n, 1000, rng)
    return np.asarray(times / times.sum(axis=1, keepdims=True))


def _points(rng: np.random.Generator, latent: Array, n: int) -> Array:
    given = latent + rng.normal(0, 0.4, (n, 1)) + rng.normal(0, 0.5, (n, len(latent)))
    return GRADES[np.clip(np.round(given), 0, 4).astype(int)]


if __name__ == "__main__":
    main()
