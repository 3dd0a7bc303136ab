"""The numbers' part of the demo: a reply to a proposal that cites three numbers."""

from django.db import transaction
from django.utils import translation

from xuequ.district.actors import Actor
from xuequ.district.queries import district
from xuequ.kit.demo import DemoContext
from xuequ.kit.documents import actions
from xuequ.kit.documents.actions import Draft
from xuequ.kit.documents.counting import Question

BODY = """贵委提出的《关于关注我区义务教育学校班级规模的提案》收悉，现将有关情况答复如下。
# 基本情况"""
CLOSING = """# 下一步安排
我们将结合秋季招生，逐校核对班级人数，及时化解大班额，并按学期公布进展。
感谢贵委对我区教育工作的关心和支持。"""


def build(demo: DemoContext) -> None:
    """Write the reply in Chinese, whatever language the demo is built in."""
    demo.progress(0.0, "a reply")
    office = district()
    actor = Actor.of(demo.account("demo-officer"), demo.day)
    with translation.override("zh-hans"), transaction.atomic():
        draft = Draft(
            "关于关注我区义务教育学校班级规模提案的答复",
            "区政协提案委员会",
            BODY,
            office.bureau if office else "",
            demo.day,
        )
        document = actions.create(actor=actor, draft=draft)
        for code, by in (("pupils", "grade"), ("class-size", ""), ("large-classes", "school")):
            question = Question(demo.day, by=by)
            actions.quote(
                actor=actor, code=code, question=question, document=document, attached=by == "grade"
            )
        now = document.versions.order_by("-number")[0]
        whole = Draft(
            now.title, now.addressee, f"{now.body}\n{CLOSING}", now.issuer, now.dated, tuple(now.typed)
        )
        actions.save(actor=actor, document=document, draft=whole, seen=now.number)
