"""The demo's part: a published text with some answers, one request that was answered and one that waits."""

import datetime as dt

from django.db import transaction

from xuequ.core import clock
from xuequ.district import rules
from xuequ.district.consent import Consent, ConsentText, RequestKind, RequestState, RightsRequest, RightsStep
from xuequ.district.models import Dated, Enrolment, Guardianship
from xuequ.district.presence import school_of
from xuequ.kit.demo import DemoContext

USE = "family-questionnaire"
TEXT = """学校和学区有时会请家长填写问卷，例如了解课后服务、作业负担和家校沟通的情况。

如果您同意，您的答卷会与孩子的姓名对应，便于学校针对您的孩子改进工作。负责汇总问卷的人员可以看到答卷；对外只公布统计数字，不足五户的不公布。答卷在问卷汇总完成后删除，最长保存一年。

不同意也没有关系：孩子在校的学习、评价和各项服务都不受影响，您仍可填写不记名问卷。您可以随时在本页撤回同意。"""
TEXT_EN = "\n\n".join(
    (
        "The school and the district sometimes ask families to fill in a questionnaire, for example about "
        "after-school care, homework and how school and home talk with each other.",
        "If you agree, your answers are linked to your child's name, so that the school can act on them for your "
        "child. Those who evaluate the questionnaire see the answers; published are numbers only, and none from "
        "fewer than five families. Answers are deleted when the questionnaire has been evaluated, after one year "
        "at the latest.",
        "If you do not agree, nothing changes for your child's lessons, assessment or services, and you can still "
        "answer questionnaires without a name. You can take your consent back here at any time.",
    )
)
SHARES = (0.55, 0.08)  # agreed, refused; the others have not answered
SCHOOLS = 3


def build(demo: DemoContext) -> None:
    """Write the text, answers of families at some schools, and two requests."""
    with transaction.atomic():
        published = clock.now() - dt.timedelta(days=20)
        text = ConsentText.objects.create(use=USE, version=1, text=TEXT, text_en=TEXT_EN, published=published)
        _write_answers(demo, text, published)
        _write_requests(demo)


def _write_answers(demo: DemoContext, text: ConsentText, published: dt.datetime) -> None:
    own = demo.account("demo-guardian")
    enrolled = Enrolment.objects.filter(Dated.at(demo.day))
    home = enrolled.filter(pupil__guardians__guardian__account=own).values_list("school", flat=True)[:1]
    others = enrolled.exclude(school__in=list(home)).order_by("school__code").values_list("school", flat=True)
    schools = [*home, *others.distinct()[: SCHOOLS - 1]]
    pupils = enrolled.filter(school__in=schools).values("pupil")
    wards = Guardianship.objects.filter(Dated.at(demo.day), pupil__in=pupils)
    pairs = (
        wards.exclude(guardian__account=own).order_by("pupil", "id").values_list("pupil__person", "guardian")
    )
    first = dict(reversed(list(pairs)))
    draws = demo.rng("consents").random((len(first), 3))
    Consent.objects.bulk_create(
        (
            Consent(
                text=text,
                person_id=child,
                guardian_id=guardian,
                granted=bool(word < SHARES[0]),
                said=published + dt.timedelta(days=float(late) * 15),
                on_paper=bool(paper < 0.3),
            )
            for (child, guardian), (word, late, paper) in zip(sorted(first.items()), draws, strict=True)
            if word < sum(SHARES)
        ),
        batch_size=1000,
    )


def _write_requests(demo: DemoContext) -> None:
    guardian = demo.account("demo-guardian").person
    ward = Guardianship.objects.filter(guardian=guardian).select_related("pupil__person").order_by("id")[0]
    child = ward.pupil.person
    handler = demo.account("demo-data")
    for kind, text, ago, answer in (
        (RequestKind.ACCESS, "想看一下学校和学区保存了孩子的哪些信息。", 9, "已备好副本，请在本页下载。"),
        (RequestKind.CORRECTION, "孩子名字里的一个字登记成了同音字，请更正。", 2, ""),
    ):
        asked = clock.now() - dt.timedelta(days=ago)
        closed = asked + dt.timedelta(days=3)
        days = rules.in_force("answer-days", demo.day)
        row = RightsRequest.objects.create(
            person=child,
            asked_by=guardian,
            school_id=school_of(child, demo.day),
            kind=kind,
            text=text,
            asked=asked,
            due=rules.later(asked.date(), days.value, days.rule.unit),
            state=RequestState.DONE if answer else RequestState.OPEN,
            answer=answer,
            closed=closed if answer else None,
            handled_by=handler if answer else None,
        )
        RightsStep.objects.create(request=row, at=asked, account=guardian.account, state=RequestState.OPEN)
        if answer:
            RightsStep.objects.create(request=row, at=closed, account=handler, state=RequestState.DONE)
