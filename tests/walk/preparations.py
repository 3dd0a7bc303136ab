"""Work that the demo does not hold half done, so that the walk meets its pages too.

Run in the data folder of a demo (``python -m tests.walk.preparations``).
"""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

FAMILY = "demo-family-1"
"""A guardian who came by a letter: an account with a password, which the login page does not offer."""
PASSWORD = "a-long-password-1"
CARD_FILE = "card.secret"


def post(username: str, address: str, data: dict[str, Any]) -> str:
    """Send a form as somebody and return where it led; a form that comes back was refused."""
    from tests.walk.walker import Window

    page = Window(username).ask(address, data)
    assert page.status == 302, f"{address} answered {page.status}"
    return page.leads_to


def complain() -> None:
    """A guardian and somebody who is not signed in write to the office; what a pupil wrote is older than it may be."""
    from xuequ.site.models import Feedback

    for who, text in (("demo-guardian", "课后服务的时间能否公布得早一些？"), ("", "网页打不开附件。")):
        post(who, "/feedback/", {"kind": "question", "text": text, "page": "/"})
    post("demo-pupil", "/feedback/", {"kind": "suggestion", "text": "多一些科学实验。", "page": ""})
    Feedback.objects.filter(account__username="demo-pupil").update(
        at=dt.datetime(2010, 1, 1, tzinfo=dt.UTC), replied_at=dt.datetime(2010, 1, 9, tzinfo=dt.UTC)
    )


def group_schools() -> None:
    """The data office founds a school group."""
    from xuequ.district.models import School

    leader = School.objects.of_district().order_by("code")[0]
    post("demo-data", "/office/rollover/schools/groups/new/", {"name": "实验教育集团", "leader": leader.pk})


def move_up() -> None:
    """The school that is ready moves up; one of its graduates has an account."""
    from xuequ.core.models import Account
    from xuequ.district.models import Enrolment
    from xuequ.kit.rollover.models import SchoolRollover

    item = SchoolRollover.objects.select_related("rollover").get(state="ready")
    year = item.rollover.effective.year - 6
    leaver = Enrolment.objects.filter(school=item.school_id, end=None, school_class__entry_year=year)[0]
    person = leaver.pupil.person
    person.account = Account.objects.create_user("leaver")
    person.save(update_fields=["account"])
    post("demo-data", f"/office/rollover/school/{item.uid}/run/", {"go": "1"})


def ask_for_rights() -> None:
    """A guardian whom nobody let in wants to be forgotten; the data office words a new text for families."""
    from xuequ.core import clock
    from xuequ.core.models import Account
    from xuequ.district import rights
    from xuequ.district.actors import Actor
    from xuequ.district.consent import RequestKind

    account = Account.objects.get(username="demo-family-2")
    actor = Actor.of(account, clock.today())
    rights.ask(actor=actor, person=account.person, kind=RequestKind.ERASURE, text="请删除我的信息。")
    post("demo-data", "/office/rights/texts/family-questionnaire/", {"text": "新的说明。", "text_en": "New."})


def import_roster() -> None:
    """The data office brings in the whole list of a class in which one child is missing."""
    from openpyxl import Workbook

    from xuequ.core.models import Account
    from xuequ.district.actors import Actor
    from xuequ.district.models import Enrolment, SchoolClass
    from xuequ.kit.roster import actions
    from xuequ.record.models import ImportBatch

    school_class = SchoolClass.objects.filter(enrolments__in=Enrolment.objects.filter(end=None)).order_by(
        "-entry_year", "pk"
    )[0]
    book = Workbook()
    sheet = book.active
    sheet.title = "学生"
    sheet.append(["学校", "年级", "班级", "姓名", "学籍号"])
    rows = Enrolment.objects.filter(school_class=school_class, end=None).order_by("pk")
    for row in rows.select_related("pupil__person__identity")[1:]:
        identity = row.pupil.person.identity.fields
        sheet.append([school_class.school.name, "", str(school_class), identity["name"], identity["number"]])
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    stream.name = "学生名单.xlsx"
    today = dt.date.today()
    first = today.year if today.month >= 9 else today.year - 1
    said = {
        "file": stream,
        "school_year": f"{first}-{first + 1}",
        "since": today.isoformat(),
        "complete": "on",
        "mapping": "",
        "school": "",
    }
    post("demo-data", "/office/roster/new/", said)
    batch = ImportBatch.objects.filter(kind="roster").order_by("-pk")[0]
    actions.check(actor=Actor.of(Account.objects.get(username="demo-data"), today), batch=batch)


def ask_by_name() -> None:
    """The district asks the staff of one school by name."""
    from xuequ.core import clock
    from xuequ.core.models import Account
    from xuequ.district.actors import Actor
    from xuequ.district.choices import Role
    from xuequ.district.models import School
    from xuequ.kit.questionnaires import actions
    from xuequ.kit.questionnaires.actions import Plan
    from xuequ.kit.questionnaires.choices import Audience
    from xuequ.kit.questionnaires.models import Questionnaire

    at = clock.now()
    actor = Actor.of(Account.objects.get(username="demo-data"), clock.today())
    source = Questionnaire.objects.exclude(versions=None).order_by("pk")[0]
    plan = Plan(
        title="教师培训报名",
        audience=Audience.STAFF,
        schools=list(School.objects.of_district().order_by("code")[:2]),
        opens=at - dt.timedelta(hours=1),
        closes=at + dt.timedelta(days=9),
        purpose="登记培训名额。",
        basis="教师进修学校的职责。",
        roles=[Role.TEACHER],
        anonymous=False,
    )
    actions.open_round(actor=actor, questionnaire=source, plan=plan, at=at)


def give_notice() -> None:
    """Two things wait for the school's administrator, and the office has all schools checked."""
    import uuid

    from xuequ.core.models import Account
    from xuequ.kit.notices.actions import notify
    from xuequ.kit.rollover.models import Rollover

    account = Account.objects.get(username="demo-school")
    for message in ("第一件事。", "第二件事。"):
        notify(
            kind="walk", message=message, about=uuid.uuid4(), accounts=[account], url="/office/collection/"
        )
    post("demo-data", f"/office/rollover/{Rollover.objects.get().uid}/check/", {"go": "1"})


def hand_out() -> None:
    """A guardian gets a password, and a card is kept for the browser."""
    from django.conf import settings

    from xuequ.core import clock
    from xuequ.core.models import Account
    from xuequ.district.actors import Actor
    from xuequ.district.models import RoleAssignment
    from xuequ.district.queries import class_list
    from xuequ.kit.credentials import cards

    account = Account.objects.get(username=FAMILY)
    account.set_password(PASSWORD)
    account.save(update_fields=["password"])
    teacher = Account.objects.get(username="demo-class-teacher")
    place = RoleAssignment.objects.get(account=teacher, role="class_teacher", end=None).school_class
    actor = Actor.of(teacher, clock.today())
    assert place is not None
    pupil = class_list(actor, place, clock.today())[5].pupil
    issued = cards.issue(actor=actor, school_class=place, pupils=[pupil])
    (settings.HOME / CARD_FILE).write_text(issued[0].secret, "utf-8")


STEPS: tuple[Callable[[], None], ...] = (
    complain,
    group_schools,
    move_up,
    ask_for_rights,
    import_roster,
    ask_by_name,
    give_notice,
    hand_out,
)


def main() -> None:
    """Do it all, and what it left in the queue."""
    import django

    django.setup()
    from django.test.utils import setup_test_environment

    from xuequ.core.jobs.enqueue import run_pending

    setup_test_environment()
    for step in STEPS:
        step()
        list(run_pending())


if __name__ == "__main__":
    main()
