"""Speed of the growth percentiles beside quantreg's exact method, on one file and the same designs, in one run.

    python bench/growth_percentiles.py [--data sgpdata.csv] [--json]

First the whole command on a panel of five years (the public one where it is there, otherwise an invented one of the
same size): start, reading, all orders of five grades, writing. Then each cohort's design matrices alone: 100 taus by
our engine and by ``rq.fit(method = "br")``, which R's SGP calls, each in its own process. CPU is user plus system time
of the process; ``fit`` is the part without start and reading, as the program itself measures it. A program that is not
installed is named and left out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from growth_mixed import Run, measured
from xuequ.engines.growth.panel import PanelLayout, panel_cohorts
from xuequ.engines.growth.percentiles import TAUS, design_matrix

PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "data" / "growth" / "sgpdata.csv"
LAYOUT = PanelLayout("ID", "GRADE_{year}", "SS_{year}", 2025)
COMMAND = (sys.executable, "-c", "from xuequ.cli import main; main()", "growth", "percentiles", "--json")
PATTERNS = ("--id", LAYOUT.id, "--grade", LAYOUT.grade, "--score", LAYOUT.score, "--year", str(LAYOUT.year))
ENGINE = """
import os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np
from xuequ.engines.growth.quantile import fit_quantile_process
taus = (np.arange(1, 101) - 0.5) / 100
used = 0.0
for name in sys.argv[1:]:
    table = np.load(name + ".npy")
    start = time.process_time()
    loss = fit_quantile_process(table[:, 1:], table[:, 0], taus).loss
    used += time.process_time() - start
    print(used, loss.sum())
"""
QUANTREG = """
suppressMessages(library(quantreg))
taus <- (1:100 - .5) / 100
used <- 0
for (name in commandArgs(TRUE)) {
  size <- scan(paste0(name, ".size"), quiet = TRUE)
  d <- matrix(readBin(paste0(name, ".bin"), "double", prod(size)), size[1])
  X <- d[, -1]; y <- d[, 1]
  start <- proc.time()
  b <- suppressWarnings(sapply(taus, function(tau) rq.fit(X, y, tau, method = "br")$coefficients))
  spent <- proc.time() - start
  used <- used + spent[["user.self"]] + spent[["sys.self"]]
  r <- y - X %*% b
  cat(used, format(sum(colSums(r * (rep(taus, each = nrow(r)) - (r < 0)))), digits = 15), "\\n")
}
"""


@dataclass(frozen=True)
class Comparison:
    """One design by both programs: CPU seconds of 100 taus, and the sum of their check losses."""

    grade: int
    order: int
    n: int
    ours: float
    quantreg: float | None
    loss: float
    quantreg_loss: float | None


def main() -> None:
    """Measure, then print the figures and the ratios."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        panel = options.data if options.data.is_file() else invented(Path(folder) / "panel.csv")
        whole = command(panel, Path(folder))
        compared = comparisons(panel, Path(folder))
    if options.json:
        print(json.dumps({"command": asdict(whole), "designs": [asdict(c) for c in compared]}))
    else:
        show(panel, whole, compared)


def invented(path: Path) -> Path:
    """Write a panel of the public one's kind: 7,000 pupils in each of five cohorts, five years."""
    rng = np.random.default_rng(20250901)
    pieces = []
    for grade in range(4, 9):
        n = 7000
        ability, columns = rng.normal(0, 60, n), {"ID": np.arange(n) + grade * 10_000_000}
        for year in range(2021, 2026):
            score = np.round(600 + 15 * (grade - 2025 + year) + ability + rng.normal(0, 25, n))
            taken = (rng.random(n) < 0.95) & (grade - 2025 + year >= 3)
            columns[f"GRADE_{year}"] = np.where(taken, grade - 2025 + year, np.nan)
            columns[f"SS_{year}"] = np.where(taken, score, np.nan)
        pieces.append(pl.DataFrame(columns).with_columns(pl.exclude("ID").fill_nan(None)))
    pl.concat(pieces).write_csv(path)
    return path


def command(panel: Path, folder: Path) -> Run:
    """Measure the whole command; run once before so that byte code is compiled, as after an installation."""
    arguments = [*COMMAND, str(panel), *PATTERNS, "--out", str(folder / "sgp.csv")]
    subprocess.run(arguments, check=True, capture_output=True)
    run, output = measured("xuequ", pl.scan_csv(panel).select(pl.len()).collect().item(), arguments)
    return replace(run, criterion=sum(grade["sum"] for grade in json.loads(output)["grades"]))


def comparisons(panel: Path, folder: Path) -> list[Comparison]:
    """Fit every design of every cohort by both programs."""
    designs = write_designs(panel, folder)
    names = [str(folder / f"{grade}_{order}") for grade, order, _ in designs]
    ours = _figures("engine", [sys.executable, "-c", ENGINE, *names])
    theirs = _figures("quantreg", ["Rscript", "-e", QUANTREG, *names]) if _quantreg() else None
    return [
        Comparison(*design, ours[i][0], theirs and theirs[i][0], ours[i][1], theirs and theirs[i][1])
        for i, design in enumerate(designs)
    ]


def write_designs(panel: Path, folder: Path) -> list[tuple[int, int, int]]:
    """Write the response and design of each grade and order for both programs."""
    designs = []
    for cohort in panel_cohorts(pl.read_csv(panel), LAYOUT):
        for order in range(1, len(cohort.bases) + 1):
            names = [f"prior_{j}" for j in range(1, order + 1)]
            pupils = cohort.table.drop_nulls(["score", *names])
            X = design_matrix(pupils.select(names).to_numpy(), cohort.bases[:order])
            table = np.column_stack([pupils["score"].to_numpy(), X])
            name = folder / f"{cohort.grade}_{order}"
            np.save(name.with_suffix(".npy"), table)
            name.with_suffix(".bin").write_bytes(table.tobytes(order="F"))
            name.with_suffix(".size").write_text(f"{len(table)} {table.shape[1]}")
            designs.append((cohort.grade, order, len(table)))
    return designs


def show(panel: Path, whole: Run, compared: Sequence[Comparison]) -> None:
    """Print the figures for people."""
    print(
        f"{panel.name}, whole command: {whole.cpu:.2f} CPU s, {whole.wall:.2f} wall s, {whole.peak_mb:.0f} MB"
    )
    print(
        f"{'grade':>5}{'order':>6}{'n':>7}{'ours CPU s':>12}{'quantreg':>10}{'ratio':>8}{'loss, ours above':>20}"
    )
    for c in compared:
        if c.quantreg is None or c.quantreg_loss is None:
            print(f"{c.grade:5}{c.order:6}{c.n:7}{c.ours:12.3f}")
            continue
        excess = c.loss / c.quantreg_loss - 1
        print(
            f"{c.grade:5}{c.order:6}{c.n:7}{c.ours:12.3f}{c.quantreg:10.2f}{c.quantreg / c.ours:8.1f}{excess:20.1e}"
        )
    total, theirs = sum(c.ours for c in compared), [c.quantreg for c in compared if c.quantreg is not None]
    print(f"{'all':>5}{total:25.3f}" + (f"{sum(theirs):10.2f}{sum(theirs) / total:8.1f}" if theirs else ""))
    print(f"{len(TAUS)} taus each")


def _figures(program: str, arguments: Sequence[str]) -> list[tuple[float, float]]:
    """CPU seconds and loss of each design; the programs print the seconds so far."""
    _, output = measured(program, 0, arguments)
    lines = [tuple(map(float, line.split())) for line in output.splitlines()]
    before = [0.0, *(seconds for seconds, _ in lines[:-1])]
    return [(seconds - earlier, loss) for (seconds, loss), earlier in zip(lines, before, strict=True)]


def _quantreg() -> bool:
    try:
        done = subprocess.run(["Rscript", "-e", "library(quantreg)"], capture_output=True, check=False)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode:
        print("quantreg is not compared: it is not installed here for Rscript", file=sys.stderr)
        return False
    return True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=PUBLIC, help="panel like the public sgpdata.csv")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
