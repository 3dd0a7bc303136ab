"""A teacher types a class's results in, cell by cell, corrects some and empties some; each answer is a promise."""

import json

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from tests import factories as make
from tests.crash.moments.case import Answered, State
from tests.crash.typist import signed_in
from xuequ.core import clock
from xuequ.district.choices import Role
from xuequ.record.choices import Basis
from xuequ.record.models import Result
from xuequ.site.sessions import KEY

WORDS = {"缺考": "absent", "": ""}


class EntryCase:
    """Cells sent to the site's own address one after the other, each with the token of what stood there."""

    name = "entry"

    def __init__(self, pupils: int = 12) -> None:
        self.pupils = pupils
        self.address = ""
        self.session = ""
        self.cells: list[tuple[str, str, str]] = []

    @property
    def transactions(self) -> int:
        """Each cell is stored by itself, for each is answered by itself."""
        return len(self.cells)

    def build(self) -> None:
        today = clock.today()
        first_year = today.year - (today.month < 9)
        term = next(t for t in make.make_year(first_year).terms.all() if t.start <= today < t.end)
        school_class = make.make_class(entry_year=first_year - 1)
        pupils = make.make_pupils(school_class, self.pupils)
        exam = make.make_assessment(basis=Basis.SCHOOL_MIDTERM, school=school_class.school, term=term)
        account = make.make_account(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
        self.address = reverse("office:entry-cells", args=[exam.uid, school_class.uid])
        self.session = _used_lately(signed_in(account).split(";")[0].partition("=")[2])
        self.cells = _typed([str(pupil.uid) for pupil in pupils])

    def work(self, answered: Answered, done: int = 0) -> None:
        """Type from the last answered cell on: its answer may have been lost on the way."""
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        for pupil, text, was in self.cells[max(0, done - 1) :]:
            body = json.dumps({"cells": [{"pupil": pupil, "text": text, "was": was}]})
            response = client.post(
                self.address, body, content_type="application/json", headers={"host": "127.0.0.1"}
            )
            assert response.status_code == 200, response.content[:300]
            (cell,) = response.json()["cells"]
            assert (cell["state"], cell["token"]) == ("saved", _token(text)), cell
            answered()

    def undo(self) -> bool:
        return False

    def in_force(self) -> State:
        return {}

    def facts(self) -> State:
        """Return each pupil's results, oldest first, with what each one corrects."""
        fields = ("pupil__uid", "status", "score", "raw_text", "is_current", "corrects__raw_text")
        rows = Result.objects.order_by("pupil", "id").values_list(*fields, "entered_by_id", "school_class_id")
        return {"results": list(map(str, rows))}


def _used_lately(key: str) -> str:
    """Let nobody note within a day that the log-in is in use: every five minutes that is a commit of its own."""
    session = SessionStore(key)
    session[KEY] = session[KEY] | {"seen": session[KEY]["seen"] + 86400}
    session.save()
    return key


def _token(text: str) -> str:
    return WORDS.get(text, repr(float(text)) if text not in WORDS else "")


def _typed(pupils: list[str]) -> list[tuple[str, str, str]]:
    """Return what is typed in order: everybody's result, a correction, absent or emptied, and a last value."""
    cells, stands = [], dict.fromkeys(pupils, "")
    for turn in range(4):
        for place, pupil in enumerate(pupils):
            text = str((place * 7 + turn * 13) % 100)
            if turn == 2:
                text = ("缺考", "")[place % 2]
            cells.append((pupil, text, stands[pupil]))
            stands[pupil] = _token(text)
    return cells
