"""Long work: computing pairs, and what help did."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.engines.errors import InputError
from xuequ.record.actions import finish_run, start_run
from xuequ.record.choices import RunState
from xuequ.systems.support.pairing import material
from xuequ.systems.support.pairing.choices import PairState
from xuequ.systems.support.pairing.models import Act, Effect, Pair, PairPlan
from xuequ.systems.support.pairing.wording import as_dict, error_text

if TYPE_CHECKING:
    from xuequ.engines.balance.pairing import Pairing
    from xuequ.engines.balance.pairs_effect import PairsEffect, Watched


@task()
def pair_run(run_uid: str) -> str:
    """Compute the pairs of a year; a second call computes and stores the same again."""
    from xuequ.engines.balance.pairing import PairDesign, pair

    plan = PairPlan.objects.select_related("run", "year").get(run__uid=UUID(run_uid))
    day = dt.date.fromisoformat(plan.run.parameters["day"])
    known = material.known_schools(Actor.system(day), plan.year.code)
    table = material.pair_table(known, plan.year)
    start_run(plan.run, table)
    never = tuple((a, b) for a, b in plan.run.parameters["forbidden"])
    system = Actor.system(clock.today())
    try:
        found = pair(table, PairDesign(**plan.run.parameters["design"], forbidden=never))
    except InputError as error:
        names = {str(one.school.uid): str(one.school) for one in known}
        finish_run(plan.run, actor=system, state=RunState.REFUSED, refusal=error_text(error, names))
        return RunState.REFUSED
    with transaction.atomic():
        plan.result = _result(found, known)
        plan.save(update_fields=["result"])
        finish_run(plan.run, actor=system)
    return RunState.DONE


def _result(found: "Pairing", known: Sequence[material.Known]) -> dict[str, Any]:
    """What pages show of the pairs."""
    pairs = []
    for one in found.pairs:
        reasons = [as_dict(r.code, r.part, r.size, r.name) for r in one.reasons]
        reasons += [as_dict("locked", 0.0, 0.0)] if one.locked else []
        pairs.append({"giver": one.giver, "receiver": one.receiver, "worth": one.worth, "reasons": reasons})
    return {
        "pairs": pairs,
        "unpaired": list(found.unpaired),
        "ended": [list(pair) for pair in found.ended],
        "worth": found.worth,
        "gaps": {str(one.school.uid): list(one.gaps) for one in known if one.gaps},
        "unplaced": [str(school) for school in material.unplaced(known)],
    }


@task()
def effect_run(run_uid: str) -> str:
    """Compare helped schools with others; a second call computes and stores the same again."""
    import numpy as np

    from xuequ.engines.balance.pairs_effect import pairs_effect

    effect = Effect.objects.select_related("run", "year").get(run__uid=UUID(run_uid))
    values = material.watched_values(dt.date.fromisoformat(effect.run.parameters["day"]), effect.year)
    watched = _watched(effect, values)
    start_run(effect.run, _table(watched))
    system = Actor.system(clock.today())
    try:
        found = pairs_effect(watched, rng=np.random.default_rng(effect.run.seed))
    except InputError as error:
        finish_run(effect.run, actor=system, state=RunState.REFUSED, refusal=error_text(error))
        return RunState.REFUSED
    with transaction.atomic():
        effect.result = _effect(found, values.code) | {
            "idle": _idle(effect, watched),
            "top": _at_top(watched),
        }
        effect.save(update_fields=["result"])
        finish_run(effect.run, actor=system)
    return RunState.DONE


def _watched(effect: Effect, values: material.Values) -> "list[Watched]":
    from xuequ.engines.balance.pairs_effect import Watched

    pairs = Pair.objects.filter(year=effect.year, state__in=(PairState.AGREED, PairState.ENDED))
    giver = {row.receiver_id: row.giver_id for row in pairs.order_by("id")}
    givers = {row.giver_id for row in pairs}
    keys = dict(School.objects.of_district().values_list("pk", "uid"))
    both = sorted(pk for pk in values.before.keys() & values.after.keys() if pk in keys and pk not in givers)
    found = []
    for pk in both:
        partner = giver.get(pk, 0)
        before, after = values.before.get(partner), values.after.get(partner)
        own = values.before[pk], values.after[pk]
        found.append(Watched(str(keys[pk]), pk in giver, *own, str(keys.get(partner, "")), before, after))
    return found


def _idle(effect: Effect, watched: "Sequence[Watched]") -> int:
    """How many schools count as helped of whom no act is confirmed yet."""
    done = Act.objects.filter(pair__year=effect.year, confirmed__isnull=False, voided=None).order_by()
    active = {str(uid) for uid in done.values_list("pair__receiver__uid", flat=True)}
    return sum(one.helped and one.school not in active for one in watched)


def _at_top(watched: "Sequence[Watched]") -> int:
    """How many schools began at the best value there is, where that is at least a third of them; else 0."""
    best = max(one.before for one in watched)
    count = sum(one.before == best for one in watched)
    return count if 3 * count >= len(watched) else 0


def _table(watched: "Sequence[Watched]") -> pl.DataFrame:
    rows = [(one.school, one.helped, one.before, one.after) for one in watched]
    schema = {"school": pl.String, "helped": pl.Boolean, "before": pl.Float64, "after": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _effect(found: "PairsEffect", code: str) -> dict[str, Any]:
    names = (
        "effect",
        "low",
        "high",
        "helped",
        "others",
        "change_helped",
        "change_others",
        "baseline",
        "method",
    )
    kept: dict[str, Any] = {name: getattr(found, name) for name in names}
    # A range without an end has none to store.
    kept |= {name: kept[name] if math.isfinite(kept[name]) else None for name in ("low", "high")}
    for name in ("adjusted", "gap"):
        estimate = getattr(found, name)
        kept[name] = None if estimate is None else asdict(estimate)
    pairs = [
        {
            "school": p.school,
            "partner": p.partner,
            "change": p.change,
            "gap_before": p.gap_before,
            "gap_after": p.gap_after,
            "closed": p.closed,
        }
        for p in found.pairs
    ]
    return kept | {"code": code, "remarks": list(found.remarks), "pairs": pairs}
