"""Speed and memory of the mixed-model engine beside lmer and statsmodels, on one file, in one run.

    python bench/growth_mixed.py [--rows 1000000 --groups 2000] [--stream-rows 10000000] [--json]

Everything a user waits for is counted: start of the process, reading the CSV file, the fit, the school effects and
their standard errors (both of ours, the conditional ones of lmer), each program in its own process. CPU is user plus
system time of that process, memory its peak resident set. ``fit`` is the part after reading, as the program itself
measures it. Peers that are not installed are named and left out.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

FORMULA = "score ~ prior + ses + sex + (prior | school)"
_OURS = (sys.executable, "-c", "from xuequ.cli import main; main()", "growth", "fit", "--json")
_LMER = """
suppressMessages(library(lme4))
arguments <- commandArgs(TRUE)
d <- read.csv(arguments[1], stringsAsFactors = TRUE)
start <- proc.time()
m <- lmer(as.formula(arguments[2]), d)
r <- ranef(m, condVar = TRUE)
used <- proc.time() - start
cat(used[["user.self"]] + used[["sys.self"]], format(REMLcrit(m), digits = 15))
"""
_STATSMODELS = """
import sys, time
import pandas, statsmodels.formula.api as smf
d = pandas.read_csv(sys.argv[1])
start = time.process_time()
m = smf.mixedlm("score ~ prior + ses + sex", d, groups=d["school"], re_formula="~prior").fit(reml=True)
m.random_effects_cov
print(time.process_time() - start, -2 * m.llf)
"""


@dataclass(frozen=True)
class Run:
    """One program on one file; ``fit_cpu`` and ``criterion`` as the program tells them."""

    program: str
    rows: int
    cpu: float
    wall: float
    peak_mb: float
    fit_cpu: float | None
    criterion: float | None


def main() -> None:
    """Run the programs and print their figures and the ratios."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.csv"
        written(path, options.rows, options.groups)
        runs = [run for run in (ours(path, options.rows), *peers(path, options)) if run is not None]
        if options.stream_rows:
            path.unlink()
            path = Path(folder) / "pupils.parquet"
            written(path, options.stream_rows, options.groups)
            runs.append(ours(path, options.stream_rows))
    if options.json:
        print(json.dumps([asdict(run) for run in runs]))
    else:
        show(runs)


def written(path: Path, rows: int, groups: int) -> None:
    """Write in another process: a child's peak memory begins with what its parent held when it started."""
    process = multiprocessing.get_context("spawn").Process(target=write, args=(path, rows, groups))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the data could not be written")


def write(path: Path, rows: int, groups: int) -> None:
    """Write invented pupils: a prior score, family background, sex and an outcome with varying slopes."""
    rng = np.random.default_rng(20250901)
    effects = rng.normal(size=(groups, 2)) * [0.3, 0.1]
    pieces = []
    for start in range(0, rows, 1_000_000):
        n = min(1_000_000, rows - start)
        school = rng.integers(0, groups, n)
        prior, ses, male = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 2, n)
        own = effects[school, 0] + effects[school, 1] * prior
        score = 0.6 * prior + 0.1 * ses + 0.1 * male + own + rng.normal(0, 0.7, n)
        numbers = {"score": score, "prior": prior, "ses": ses}
        columns = {name: np.round(values, 4) for name, values in numbers.items()}
        sex = np.where(male == 1, "M", "F")
        pieces.append(pl.DataFrame({**columns, "sex": sex, "school": school + 1}))
    table = pl.concat(pieces)
    table.write_parquet(path) if path.suffix == ".parquet" else table.write_csv(path)


def ours(path: Path, rows: int) -> Run:
    """Measure the command; run once before on a few rows so that byte code is compiled, as after an installation."""
    warm = path.with_name("warm.csv")
    written(warm, 1000, 10)
    subprocess.run([*_OURS, str(warm), FORMULA], check=True, capture_output=True, env=_environment())
    run, output = measured("xuequ", rows, [*_OURS, str(path), FORMULA])
    document = json.loads(output)
    assert len(document["effects"]) == document["groups"]
    return replace(run, criterion=document["deviance"])


def peers(path: Path, options: argparse.Namespace) -> list[Run | None]:
    """Measure the other programs, each when it is installed here."""
    python = options.statsmodels_python
    return [
        peer("lmer", options.rows, ["Rscript", "-e", _LMER], path, "lme4 for Rscript"),
        peer("statsmodels", options.rows, [python, "-c", _STATSMODELS], path, "statsmodels"),
    ]


def peer(name: str, rows: int, command: Sequence[str], path: Path, needs: str) -> Run | None:
    """Measure one of them."""
    test = {"lmer": "library(lme4)", "statsmodels": "import statsmodels, pandas"}[name]
    there = shutil.which(command[0]) and _works([*command[:2], test])
    if not there:
        print(f"{name} is not compared: {needs} is not installed here", file=sys.stderr)
        return None
    run, output = measured(name, rows, [*command, str(path), FORMULA])
    fit_cpu, criterion = map(float, output.split()[-2:])
    return replace(run, fit_cpu=fit_cpu, criterion=criterion)


def measured(program: str, rows: int, command: Sequence[str]) -> tuple[Run, str]:
    """Run a command; its CPU and peak memory come from the operating system when it ends."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env=_environment())
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{program} ended with status {process.returncode}")
        output.seek(0)
        text = output.read()
    return Run(program, rows, _cpu(used), wall, used.ru_maxrss / 1024, None, None), text


def show(runs: Sequence[Run]) -> None:
    """Print a table of figures and of ratios to ours on the same rows."""
    first = runs[0]
    print(
        f"{'program':12}{'rows':>12}{'CPU s':>9}{'of it fit':>11}{'wall s':>9}{'MB':>8}{'CPU ×':>8}{'memory ×':>10}"
    )
    for run in runs:
        same = run.rows == first.rows and run is not first
        ratios = f"{run.cpu / first.cpu:8.1f}{run.peak_mb / first.peak_mb:10.1f}" if same else ""
        fit = "" if run.fit_cpu is None else f"{run.fit_cpu:.2f}"
        print(
            f"{run.program:12}{run.rows:12}{run.cpu:9.2f}{fit:>11}{run.wall:9.2f}{run.peak_mb:8.0f}{ratios}"
        )
    for run in runs:
        print(f"{run.program}, {run.rows} rows: criterion {run.criterion:.6f}")


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def _works(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _environment() -> dict[str, str]:
    """As a user has it: compiled byte code is kept."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument(
        "--stream-rows", type=int, default=0, help="also stream a Parquet file of so many rows"
    )
    parser.add_argument("--statsmodels-python", default=sys.executable, help="a Python that has statsmodels")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
