"""All speed figures of growth, one after another; ``make bench`` runs this.

Each part prints a ratio measured side by side in one run. R with lme4 and quantreg (Debian: r-cran-lme4,
r-cran-quantreg) and statsmodels are used where they are installed. ``--full`` takes the sizes of the targets: a
million rows by two thousand schools, ten million rows from Parquet, five years of three subjects of 60,000 pupils, a
province of a million, and the pages of a district of 60,000 pupils.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def parts(full: bool, home: Path) -> list[tuple[str, list[list[str]]]]:
    """Return each part's title and its commands."""
    xuequ = str(Path(sys.executable).with_name("xuequ"))
    scale = "district" if full else "small"
    size = ["--rows", "1000000", "--groups", "2000", "--stream-rows", "10000000"] if full else []
    simulations = [] if full else ["--simulations", "10"]
    cohort = [] if full else ["--pupils", "10000", "--schools", "40"]
    province = [] if full else ["--scale", "0.1", "--only", "2"]
    return [
        ("value added", [[sys.executable, str(HERE / "growth_mixed.py"), *size]]),
        ("growth percentiles", [[sys.executable, str(HERE / "growth_percentiles.py")]]),
        ("SIMEX", [[sys.executable, str(HERE / "growth_simex.py"), *simulations]]),
        ("layered growth", [[sys.executable, str(HERE / "growth_layered.py"), *cohort]]),
        ("a province, cohort by cohort", [[sys.executable, str(HERE / "growth_province.py"), *province]]),
        (
            f"pages, {scale} demo",
            [
                ["env", f"XUEQU_HOME={home}", xuequ, "demo", "--scale", scale, "--no-serve"],
                [sys.executable, str(HERE / "growth_pages.py"), "--home", str(home)],
            ],
        ),
    ]


def main() -> int:
    """Run every part; exit with the first failure's code but run them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory(prefix="xuequ-bench-") as folder:
        for title, commands in parts(options.full, Path(folder)):
            print(f"== {title}", flush=True)
            for command in commands:
                worst = worst or subprocess.run(command).returncode
    return worst


if __name__ == "__main__":
    sys.exit(main())
