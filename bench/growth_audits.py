"""Do the audits find what is wrong, and leave alone what is sound?

    python bench/growth_audits.py [--seeds 200]

Simulated districts of forty schools and some 4,000 pupils (tests/engines/growth/audits/planted.py), one planted defect
at a time. Prints how often the audit concerned fails, how often any other audit fails, and the CPU time of an audit
beside that of the evaluation itself.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from tests.engines.growth.audits.planted import DEFECTS, DESIGN, Plant, sound

from xuequ.engines.growth.audits.auditing import audit
from xuequ.engines.growth.audits.inputs import AuditOptions
from xuequ.engines.growth.evaluation import evaluate

OPTIONS = AuditOptions(earlier="earlier", followup="followup", forms=("paper",), groups=("sex",))


def failures(seeds: int, plant: Plant | None) -> tuple[list[set[str]], float, float]:
    """Return the codes that fail in each district, and the CPU seconds of evaluating and of auditing."""
    found, evaluating, auditing = [], 0.0, 0.0
    for seed in range(seeds):
        rng = np.random.default_rng([11, seed])
        table = sound(rng)
        table = table if plant is None else plant(rng, table)
        start = time.process_time()
        findings = evaluate(table, DESIGN)
        between = time.process_time()
        codes = {one.code.value for one in audit(table, findings, OPTIONS) if one.verdict == "fail"}
        evaluating, auditing = evaluating + between - start, auditing + time.process_time() - between
        found.append(codes)
    return found, evaluating, auditing


def main() -> int:
    """Measure; exit 1 when a defect is found in less than 95 % or a sound district fails in more than 5 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = parser.parse_args().seeds
    sound_ones, evaluating, auditing = failures(seeds, None)
    alarms = sum(bool(codes) for codes in sound_ones) / seeds
    print(f"sound: a false alarm in {alarms:.1%} of {seeds} districts")
    least = 1.0
    for code, plant in DEFECTS.items():
        found, _, _ = failures(seeds, plant)
        hit = sum(code in codes for codes in found) / seeds
        others = sum(bool(codes - {code}) for codes in found) / seeds
        least = min(least, hit)
        print(f"{code}: found in {hit:.1%}, another audit fails in {others:.1%}")
    print(f"CPU: audits {auditing / seeds:.3f} s, the evaluation itself {evaluating / seeds:.3f} s")
    return int(alarms > 0.05 or least < 0.95)


if __name__ == "__main__":
    sys.exit(main())
