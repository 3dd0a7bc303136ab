"""Writes facts about pupils that models may use, each with its basis and who may use it."""

import datetime as dt
from collections.abc import Iterator

from django.db import connection

from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.population import boards
from xuequ.kit.demo.roster import Roster, insert, insert_values
from xuequ.kit.demo.timeline import year_start
from xuequ.record.choices import FactorAudience
from xuequ.record.models import Factor, FactorKind

REGISTER = "学籍管理：学籍基本信息"
BANDS = ("高", "中", "低")

KINDS = (
    FactorKind(code="sex", name="性别", name_en="Sex", basis=REGISTER, audience=FactorAudience.SCHOOL),
    FactorKind(
        code="entry_age", name="入学月龄", name_en="Age at entry in months", basis=REGISTER,
        audience=FactorAudience.ANALYSTS, is_numeric=True,
    ),
    FactorKind(
        code="migrant", name="随迁子女", name_en="Child of a migrant family", basis=REGISTER,
        audience=FactorAudience.ANALYSTS,
    ),
    FactorKind(
        code="boarding", name="寄宿", name_en="Boarding", basis="学校管理：寄宿生名册",
        audience=FactorAudience.SCHOOL,
    ),
    FactorKind(
        code="intake_band", name="入学档", name_en="Intake band", basis="小学毕业等级（三档）",
        audience=FactorAudience.ANALYSTS,
    ),
)  # fmt: skip


COLUMNS = ("kind_id", "pupil_id", "text", "number", "start")


def write_factors(demo: DemoContext, roster: Roster) -> None:
    """Write the kinds of factors and each pupil's facts, true since the start of the stage they belong to."""
    kinds = {kind.code: kind.pk for kind in insert(FactorKind, [_copy(kind) for kind in KINDS])}
    adapt = connection.ops.adapt_datefield_value
    insert_values(
        Factor,
        COLUMNS,
        (
            (kinds[code], roster.pupils[index].pk, text, number, adapt(start))
            for index, code, text, number, start in _facts(demo)
        ),
    )


def _copy(kind: FactorKind) -> FactorKind:
    names = ("code", "name", "name_en", "basis", "audience", "is_numeric")
    return FactorKind(**{name: getattr(kind, name) for name in names})


def _facts(demo: DemoContext) -> Iterator[tuple[int, str, str, float | None, dt.date]]:
    """Yield pupil (index), kind, text, number and since when."""
    facts = demo.population.pupils
    boarding = boards(demo.population, demo.schools)
    junior = _junior_entry(demo)
    for index in range(len(facts)):
        start = year_start(int(facts.entry_year[index]))
        yield index, "sex", "女" if facts.female[index] else "男", None, start
        yield index, "migrant", "是" if facts.migrant[index] else "否", None, start
        yield index, "entry_age", "", float(facts.age_months[index]), start
        if index in junior:
            yield index, "boarding", "是" if boarding[index] else "否", None, junior[index]
            yield index, "intake_band", BANDS[facts.band[index]], None, junior[index]


def _junior_entry(demo: DemoContext) -> dict[int, dt.date]:
    """Return when each pupil who ever came to a junior class came there first."""
    found: dict[int, dt.date] = {}
    for stay in demo.population.stays:
        if demo.population.classes[stay.school_class].entry_grade == 7:
            found.setdefault(stay.pupil, stay.start)
    return found
