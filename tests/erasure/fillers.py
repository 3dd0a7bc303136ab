"""What each part writes about a person, by name where it does so: every part that holds personal data adds its own.

``@filler`` registers a function ``(filled) -> None`` that writes through the part's own actions where it can.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.test import Client

from tests import factories
from tests.factories import DAY
from tests.kit.score_sheets import workbook
from xuequ.core import audit, clock
from xuequ.core.models import Account, Task
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import RequestKind
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import ConsentText, Guardianship, Identity, Person, Pupil, SchoolClass
from xuequ.kit.credentials.choices import App
from xuequ.kit.credentials.models import OutsideAccount
from xuequ.kit.credentials.outside import Outsider
from xuequ.kit.scores import actions as scores
from xuequ.kit.scores.options import Options
from xuequ.record import actions as record
from xuequ.record.models import Evidence, Factor, FactorKind, ImportBatch
from xuequ.site import feedback
from xuequ.site.models import Feedback

NAME, NUMBER, PHONE, BORN = "𠮷野寻踪", "G20990000777", "19900001234", "2012-08-17"
LOGIN = "jiye-xunzong"
GUARDIAN = "𠮷野守望"


@dataclass
class Filled:
    """Who is to be erased, and where they are."""

    school_class: SchoolClass
    pupil: Pupil
    guardian: Person
    account: Account
    officer: Actor
    client: Client
    words: list[str] = field(default_factory=lambda: [NAME, NUMBER, PHONE, BORN, LOGIN])

    @property
    def person(self) -> Person:
        return self.pupil.person

    @property
    def own(self) -> Actor:
        """The pupil as an actor."""
        return Actor.of(self.account, DAY)


Filler = Callable[[Filled], None]
FILLERS: list[Filler] = []


def filler(function: Filler) -> Filler:
    """Have ``function`` write what its part holds about the person."""
    FILLERS.append(function)
    return function


def fill() -> Filled:
    """Make the person and let every part write about them."""
    factories.make_year(2025)
    school_class = factories.make_class(factories.make_school("虚构追踪中学"))
    pupil = factories.make_pupil(school_class, name=NAME, number=NUMBER)
    factories.make_pupils(school_class, 5)
    details = {"sex": "female", "born": BORN, "phone": PHONE}
    Identity.objects.filter(person=pupil.person).delete()
    Identity.of(pupil.person, name=NAME, number=NUMBER, details=details).save()
    account = Account.objects.create_user(LOGIN, "eine lange Parole")
    factories.bind(pupil.person, account)
    factories.give_role(account, Role.PUPIL)
    guardian = factories.make_guardian(pupil, account=factories.make_account())
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    officer = factories.make_actor(Role.DATA_OFFICER)
    pupil.refresh_from_db()
    filled = Filled(school_class, pupil, guardian, account, officer, client)
    for function in FILLERS:
        function(filled)
    return filled


@filler
def results_and_factors(filled: Filled) -> None:
    assessment = factories.make_assessment()
    factories.give_results(assessment, {filled.pupil: 77.0})
    kind = FactorKind.objects.create(code="sex", name="性别", name_en="sex")
    Factor.objects.create(kind=kind, pupil=filled.pupil, text="female", start=dt.date(2024, 9, 1))


@filler
def another_app(filled: Filled) -> None:
    """A login connected with WeCom."""
    OutsideAccount.objects.create(
        account=filled.account,
        app=App.WECOM,
        digest=Outsider.of(App.WECOM, LOGIN).digest,
        connected=clock.now(),
    )


@filler
def journal(filled: Filled) -> None:
    """A roster import that changed the name and the number."""
    identity = Identity.objects.get(person=filled.person)
    before = snapshot(identity, ["sealed", "name_index", "number_index"])
    with Journal(filled.school_class.uid) as steps:
        new = Identity.of(filled.person, name=NAME, number=NUMBER, details={"born": BORN, "phone": PHONE})
        for name in before:
            setattr(identity, name, getattr(new, name))
        steps.update([(identity, before)], [filled.person.pk])
        steps.added(Guardianship, [row.pk for row in Guardianship.objects.all()])


@filler
def pending_imports(filled: Filled) -> None:
    """Score sheets that nobody has decided on yet: one checked, with problems that name the pupil."""
    assessment = factories.make_assessment()
    for number, file in enumerate(
        (
            workbook([["学籍号", "姓名", "数学"], [NUMBER, NAME, "好"]]),
            ContentFile(f"学籍号,姓名,数学\n{NUMBER},{NAME},88\n".encode("gb18030"), name="b.csv"),
        )
    ):
        options = Options(assessment=str(assessment.uid))
        batch = scores.upload(actor=Actor.system(DAY), file=file, options=options)
        if number == 0:
            scores.check(actor=Actor.system(DAY), batch=batch)
    ImportBatch.objects.create(
        kind="roster",
        file_name=f"{NAME}的成绩.xlsx",
        file_sha256="0" * 64,
        state="stored",
        summary={"examples": [f"{NAME[0]} {NAME[1:]}", NUMBER]},
        created=clock.now(),
    )


@filler
def growth_run(filled: Filled) -> None:
    """A run with a snapshot in which the pupil stands by random key."""
    import polars as pl

    run = record.create_run(
        actor=Actor.system(DAY), system="growth", kind="evaluation", title="虚构评价", engine_version="1", parameters={}
    )  # fmt: skip
    inputs = pl.DataFrame({"pupil": [str(filled.pupil.uid)], "score": [77.0]})
    record.start_run(run, inputs)
    record.save_run_file(run, "pupils.parquet", record.parquet_bytes(inputs.with_columns(z=pl.lit(0.5))))


@filler
def consent_and_requests(filled: Filled) -> None:
    from xuequ.district import consents, rights

    text = ConsentText.objects.create(
        use="family-questionnaire", version=1, text="虚构的说明", published=clock.now()
    )
    guardian = Actor.of(filled.guardian.account, DAY)
    consents.answer(actor=guardian, pupil=filled.pupil, text=text, granted=True)
    rights.ask(
        actor=guardian, person=filled.person, kind=RequestKind.CORRECTION, text=f"{NAME}的生日应为{BORN}。"
    )


@filler
def feedback_and_work(filled: Filled) -> None:
    feedback.send(actor=filled.own, kind="question", text=f"我是{NAME}，电话{PHONE}。", page="/")
    feedback.send(actor=filled.officer, kind="complaint", text=f"请查一下 {NAME} 的成绩。", page="/")
    other = Feedback.objects.latest("pk")
    feedback.answer(
        actor=factories.make_actor(Role.DISTRICT_OFFICER), row=other, reply=f"{NAME}（{NUMBER}）已核对。"
    )
    now = clock.now()
    Task.objects.create(
        path="x",
        title=f"检查“{NAME}.xlsx”",
        error=f"ValueError: {NAME!r}",
        result={"row": [NAME]},
        run_after=now,
        enqueued_at=now,
    )


@filler
def traces_of_administration(filled: Filled) -> None:
    filled.client.session.save()
    audit.record(filled.officer, "pupil.seen", filled.pupil)
    audit.record(filled.own, "growth.seen", filled.pupil)
    LogEntry.objects.create(
        user=factories.make_account(),
        content_type=ContentType.objects.get_for_model(Account),
        object_id=str(filled.account.pk),
        object_repr=LOGIN,
        action_flag=CHANGE,
        change_message="[]",
    )


@filler
def search_index(filled: Filled) -> None:
    from xuequ.core.search.indexing import index_people

    index_people([filled.person.pk, filled.guardian.pk])


@filler
def failed_sign_ins(filled: Filled) -> None:
    from axes.models import AccessAttempt, AccessLog

    seen = {
        "username": LOGIN,
        "ip_address": "192.0.2.1",
        "user_agent": "x",
        "http_accept": "",
        "path_info": "/",
    }
    AccessAttempt.objects.create(**seen, failures_since_start=1)
    AccessLog.objects.create(**seen)


@filler
def projects_and_equipment(filled: Filled) -> None:
    """Words about things in which somebody was called by name."""
    from xuequ.systems.programmes import models as programmes

    school, now = filled.school_class.school, clock.now()
    said = f"请{NAME}（{NUMBER}）的家长{PHONE}确认"
    project = programmes.Project.objects.create(
        number="XM2026-900",
        title=said[:120],
        school=school,
        since=DAY,
        started=DAY,
        created=now,
        purpose=said,
    )
    programmes.Passage.objects.create(project=project, after="application", words=said, at=now)
    programmes.Opinion.objects.create(project=project, verdict="for", words=said, at=now)
    programmes.Issue.objects.create(
        project=project, title=said, owner=NAME, due=DAY, opened=DAY, outcome=said
    )
    programmes.Acceptance.objects.create(project=project, day=DAY, verdict="passed", group=said, words=said)
    piece = Evidence.objects.create(
        system="programmes", school=school, kind="note", title="现场", uploaded=now, withdrawn_why=said[:200]
    )
    programmes.Proof.objects.create(project=project, evidence=piece)
    room = programmes.Room.objects.create(school=school, kind="ai", name="人工智能教室")
    device = programmes.Device.objects.create(school=school, kind="robot", name="机器人")
    start = dt.datetime.combine(DAY, dt.time(9), dt.UTC)
    programmes.Booking.objects.create(
        room=room, school=school, purpose="club", title=said, words=said, start=start,
        end=start + dt.timedelta(hours=1), created=now,
    )  # fmt: skip
    other = factories.make_school()
    programmes.Move.objects.create(
        device=device, kind="loan", giving=school, receiving=other, reason=said, words=said, side="giving", asked=now
    )  # fmt: skip
    inventory = programmes.Inventory.objects.create(school=school, kind="own", day=DAY, opened=now)
    programmes.InventoryLine.objects.create(inventory=inventory, device=device, words=said)
    programmes.UseReport.objects.create(
        project=project, term=factories.make_term(), uses=1, words=said, at=now
    )


@filler
def words_about_ai_education(filled: Filled) -> None:
    """Raters, schools and the district write freely about a school and its plans, and may name somebody."""
    from xuequ.record.actions import create_run
    from xuequ.systems.stars.ailevel.models import (
        LevelEvaluation,
        LevelRater,
        LevelRound,
        LevelVote,
        SchoolLevel,
        WeightBallot,
        WeightPoll,
    )
    from xuequ.systems.stars.models import Scheme, SchemeVersion
    from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview

    school, year, now = filled.school_class.school, factories.make_year(2025), clock.now()
    scheme = Scheme.objects.create(kind="ai_level", name="虚构的人工智能教育方案")
    version = SchemeVersion.objects.create(scheme=scheme, number=1, created=now, edited=now)
    round_ = LevelRound.objects.create(version=version, year=year, title="虚构一轮", due=DAY, opened=now)
    seat = LevelRater.objects.create(round=round_, rater=filled.account, assigned=now)
    LevelVote.objects.create(seat=seat, school=school, note=f"听了{NAME}的介绍", entered_at=now)
    run = create_run(
        actor=filled.officer, system="stars", kind="ai-level", title="虚构", engine_version="0", parameters={}
    )
    evaluation = LevelEvaluation.objects.create(run=run, round=round_)
    SchoolLevel.objects.create(
        evaluation=evaluation, school=school, score=70, low=60, high=80, leading="中",
        answer=f"{NAME}负责改进", reply=f"请{NAME}来谈",
    )  # fmt: skip
    poll = WeightPoll.objects.create(version=version, title="虚构投票", reason="虚构", due=DAY, opened=now)
    WeightBallot.objects.create(poll=poll, expert=filled.account, invited=now)
    plan = DevelopmentPlan.objects.create(
        school=school, title=f"{NAME}执笔的规划", start=DAY, end=DAY + dt.timedelta(days=900),
        speciality=f"{NAME}的社团", why=f"{NAME}有经验", changed=now,
    )  # fmt: skip
    PlanGoal.objects.create(
        plan=plan, text=f"{NAME}开课", measure=f"由{NAME}统计", due=DAY, steps=f"{NAME}备课"
    )
    PlanReview.objects.create(
        plan=plan, year=year, text=f"{NAME}完成了", submitted=now, comment=f"谢谢{NAME}"
    )


@filler
def words_on_balance(filled: Filled) -> None:
    """A ground of a figure, a remark on an item, an exception and an objection that name the pupil."""
    from xuequ.systems.balance.models import Allowance, Appeal, Item, Judgement, RuleSet, SchoolResult, Value

    school, year, now = filled.school_class.school, factories.make_year(2025), clock.now()
    Value.objects.create(
        year=year,
        school=school,
        fact="art_teachers",
        number=2,
        source="school",
        day=DAY,
        note=f"{NAME}所在班",
        entered=now,
    )
    Item.objects.create(year=year, code="G05", remark=f"{NAME}转班后班额达标")
    Allowance.objects.create(year=year, school=school, code="R5", reason=f"{NAME}等借用场馆", entered=now)
    run = record.create_run(
        actor=filled.officer,
        system="balance",
        kind="judgement",
        title="虚构",
        engine_version="0",
        parameters={},
    )
    rules = RuleSet.objects.create(version="虚构", text="", created=now)
    judgement = Judgement.objects.create(run=run, year=year, rules=rules, verdict="unknown")
    result = SchoolResult.objects.create(
        judgement=judgement,
        school=school,
        pupils=6,
        met=6,
        unmet=1,
        missing=0,
        shortfall=0.1,
        shortfall_high=0.1,
    )
    Appeal.objects.create(result=result, text=f"{NAME}可以作证", answer=f"已与{NAME}核实", entered=now)


@filler
def words_about_support(filled: Filled) -> None:
    """Words on visits, money and pairs in which somebody was called by name."""
    from decimal import Decimal

    from xuequ.systems.support import models as support

    school, now = filled.school_class.school, clock.now()
    said = f"请{NAME}（{NUMBER}）的家长{PHONE}确认"
    year = factories.make_year()
    visit = support.Visit.objects.create(
        school=school, day=DAY, visitor=filled.account, met=NAME, seen=said, agreed=said, comment=said, created=now,
        agenda=[{"code": "topic", "params": {"topic": said}, "school": True}],
    )  # fmt: skip
    support.VisitRequest.objects.create(school=school, topic=said, asked=now)
    support.Issue.objects.create(
        visit=visit, school=school, text=said, office=NAME, opened=DAY, due=DAY, answer=said, remark=said
    )
    rates = dict.fromkeys(
        ("base_per_pupil_yuan", "star3_yuan", "star4_yuan", "star5_yuan", "improved_yuan", "weak_share"),
        Decimal(0),
    )
    standard = support.Standard.objects.create(name="标准", version=900, created=now, **rates)
    of = support.Round.objects.create(
        title="一轮", year=year, standard=standard, closes=DAY, created=now, reason=said
    )
    support.Project.objects.create(
        round=of,
        school=school,
        title=said[:100],
        purpose=said,
        cost_yuan=Decimal(1),
        remark=said,
        outcome=said,
    )
    sums = dict.fromkeys(("standard_yuan", "projects_yuan", "proposed_yuan"), Decimal(1))
    reasons = [{"code": "gain", "params": {"title": said, "yuan": "1"}}]
    row = support.Allocation.objects.create(round=of, school=school, departure=said, reasons=reasons, **sums)
    support.Spending.objects.create(allocation=row, day=DAY, what=said, amount_yuan=Decimal(1), entered=now)
    support.Appeal.objects.create(allocation=row, text=said, answer=said, asked=now)
    drawn = support.Audit.objects.create(
        round=of, seed=1, share=Decimal("0.2"), change=Decimal("0.15"), drawn=now
    )
    support.Check.objects.create(
        audit=drawn, school=school, field="pupils", ground="lot", stated=Decimal(1), paid_yuan=Decimal(1),
        finding="wrong", reason=said, reply=said, settlement=said,
    )  # fmt: skip
    pair = support.Pair.objects.create(
        year=year, giver=factories.make_school(), receiver=school, remark=said, ended_why=said
    )
    support.Act.objects.create(
        pair=pair,
        kind="special",
        day=DAY,
        title=said,
        hours=Decimal(1),
        side="giver",
        entered=now,
        contested=said,
        voided_why=said,
    )


@filler
def words_about_stars(filled: Filled) -> None:
    """A self-rating, second rating, decision, appeal and shared practice that name the pupil."""
    from tests.systems.stars.conftest import build_world
    from xuequ.record import evidence
    from xuequ.systems.stars import history
    from xuequ.systems.stars.choices import Deed, SettledBy
    from xuequ.systems.stars.models import (
        Appeal,
        Practice,
        RatingPhoto,
        SecondRater,
        SecondRating,
        SelfRating,
        SettledPoints,
    )

    world, at = build_world(1), clock.now()
    row, words = world.application(), f"见{NAME}的作品（{NUMBER}）。"
    SelfRating.objects.create(application=row, item="A1", points=1, note=words, entered_at=at)
    rater = SecondRater.objects.create(application=row, rater=filled.account, assigned=at)
    SecondRating.objects.create(second=rater, item="A1", points=1, note=words, entered_at=at)
    photo = evidence.attach_note(
        actor=filled.officer, system="stars", school=row.school, title="A1", note=words
    )
    RatingPhoto.objects.create(second=rater, item="A1", evidence=photo)
    SettledPoints.objects.create(
        application=row, item="A1", points=1, rests_on=SettledBy.DECIDED, note=words, decided_at=at
    )
    Appeal.objects.create(application=row, item="A1", text=words, answer=words, filed=at)
    Practice.objects.create(school=row.school, scheme=world.version.scheme, item="A1", text=words, agreed=at)
    history.note(filled.officer, row, Deed.APPEALED, item="A1", text=words)
