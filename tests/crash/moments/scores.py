"""A district's score sheet is stored over an earlier one: some results are new, some corrected."""

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.kit.score_sheets import MONITORING, workbook
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.scores import actions
from xuequ.kit.scores.options import Options
from xuequ.record.models import Assessment, ImportBatch, Result

CLASS_SIZE, SCHOOLS = 50, 4


class ScoresCase:
    """The second of two sheets: half of the pupils for the first time, a third of the others otherwise than before."""

    name = "scores"
    transactions = 1

    def __init__(self, classes: int = 20) -> None:
        self.classes = classes
        self.actor: Actor
        self.batch: ImportBatch

    def build(self) -> None:
        make.make_term()
        make.make_subject("mathematics")
        sheet = self._sheet()
        self.actor = make.make_actor(Role.DISTRICT_OFFICER)
        self.batch = self._checked([sheet[0], *sheet[1 : len(sheet) // 2]], MONITORING)
        self.work(lambda: None)
        later = [
            [*row[:4], (row[4] + 1) % 100 if i % 3 else "缺考"] if i % 4 == 0 else row
            for i, row in enumerate(sheet[1:])
        ]
        self.batch = self._checked([sheet[0], *later], MONITORING)
        assert actions.may_be_confirmed(self.batch), (self.batch.problems[:3], self.batch.questions[:3])

    def _sheet(self) -> list[list[object]]:
        sheet: list[list[object]] = [["学校", "班级", "姓名", "学籍号", "数学"]]
        for school_number in range(SCHOOLS):
            school = make.make_school(f"虚构第{school_number}中学校")
            for number in range(1, self.classes // SCHOOLS + 1):
                first = len(sheet)
                names = [f"生{first + i}" for i in range(CLASS_SIZE)]
                numbers = [f"G{first + i:08d}" for i in range(CLASS_SIZE)]
                make.make_pupils(make.make_class(school, number=number), names=names, numbers=numbers)
                place = (school.name, f"八年级{number}班")
                sheet += [[*place, names[i], numbers[i], (first + i) % 100] for i in range(CLASS_SIZE)]
        return sheet

    def _checked(self, sheet: list[list[object]], options: Options) -> ImportBatch:
        batch = actions.upload(actor=self.actor, file=workbook(sheet), options=options)
        return actions.check(actor=self.actor, batch=batch)

    def work(self, answered: Answered, done: int = 0) -> None:
        actions.confirm(actor=self.actor, batch=self.batch)
        answered()

    def undo(self) -> bool:
        actions.undo(actor=self.actor, batch=self.batch)
        return True

    def in_force(self) -> State:
        return {"results": _results(Result.objects.filter(is_current=True))}

    def facts(self) -> State:
        return {
            "assessments": sorted(map(str, Assessment.objects.values_list("name", "basis", "grade"))),
            "results": _results(Result.objects.all()),
        }


def _results(rows: object) -> list[str]:
    """Return results with what they correct, in words that do not depend on keys."""
    fields = (
        "pupil_id", "school_id", "school_class_id", "status", "score", "level", "raw_text", "is_current",
        "batch_id", "corrects__score", "corrects__batch_id", "corrects__is_current", "assessment__name",
    )  # fmt: skip
    return sorted(map(str, rows.values_list(*fields)))
