"""Small published examples with known answers, built in so that a check needs no file."""

import polars as pl

_BATCHES = [batch for batch in "ABCDEF" for _ in range(5)]


def dyestuff() -> pl.DataFrame:
    """Yield of dyestuff in grams from six batches, five samples each.

    Davies and Goldsmith (1972), *Statistical Methods in Research and Production*, table 6.4. Also distributed
    with MixedModels.jl under the MIT licence.
    """
    yields = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560]
    yields += [1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
    return pl.DataFrame({"batch": _BATCHES, "yield": yields})


def dyestuff2() -> pl.DataFrame:
    """Simulated yields of the same layout whose batches differ less than chance: a variance of zero.

    Box and Tiao (1973), *Bayesian Inference in Statistical Analysis*, table 5.1.4. Also distributed with
    MixedModels.jl under the MIT licence.
    """
    yields = [7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892]
    yields += [0.110, 10.386, 13.434, 5.510, 8.166, 2.212, 4.852, 7.092, 9.288, 4.980]
    yields += [0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758, 3.758]
    return pl.DataFrame({"batch": _BATCHES, "yield": yields})


def pastes() -> pl.DataFrame:
    """Strength of a chemical paste: ten batches, three casks of each, two tests of each cask.

    Davies and Goldsmith (1972), *Statistical Methods in Research and Production*, table 6.5. Also distributed
    with MixedModels.jl under the MIT licence.
    """
    strength = [62.8, 62.6, 60.1, 62.3, 62.7, 63.1, 60.0, 61.4, 57.5, 56.9, 61.1, 58.9]
    strength += [58.7, 57.5, 63.9, 63.1, 65.4, 63.7, 57.1, 56.4, 56.9, 58.6, 64.7, 64.5]
    strength += [55.1, 55.1, 54.7, 54.2, 58.8, 57.5, 63.4, 64.9, 59.3, 58.1, 60.5, 60.0]
    strength += [62.5, 62.6, 61.0, 58.7, 56.9, 57.7, 59.2, 59.4, 65.2, 66.0, 64.8, 64.1]
    strength += [54.8, 54.8, 64.0, 64.0, 57.7, 56.8, 58.3, 59.3, 59.2, 59.2, 58.9, 56.6]
    batch = [batch for batch in "ABCDEFGHIJ" for _ in range(6)]
    cask = [cask for _ in range(10) for cask in "aabbcc"]
    return pl.DataFrame({"batch": batch, "cask": cask, "strength": strength})
