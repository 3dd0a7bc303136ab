"""The site killed while results are typed in: every answered value is there, none twice, and typing goes on."""

import os
import random
import signal
import sys
import threading
import time

import pytest
from django.urls import reverse

from tests import factories
from tests.crash.conftest import Instance, moments, wait_for
from tests.crash.test_serve import answers, children, free_port
from tests.crash.typist import Typist, signed_in
from xuequ.core import clock
from xuequ.district.choices import Role
from xuequ.record.choices import Basis
from xuequ.record.models import Result

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc"),
]
PUPILS = 20


def sheet() -> tuple[str, str, list[str]]:
    """Return the address of a class's cells, the cookies of who fills it in, and the pupils."""
    first_year = clock.today().year - (clock.today().month < 9)
    school_class = factories.make_class(entry_year=first_year - 1)
    pupils = factories.make_pupils(school_class, PUPILS)
    factories.make_year(first_year)
    year = factories.make_year(first_year)
    term = next(t for t in year.terms.all() if t.start <= clock.today() < t.end)
    exam = factories.make_assessment(
        basis=Basis.SCHOOL_MIDTERM, school=school_class.school, term=term, full_mark=None
    )
    account = factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    address = reverse("office:entry-cells", args=[exam.uid, school_class.uid])
    return address, signed_in(account), [str(pupil.uid) for pupil in pupils]


def test_typed_results_survive_a_killed_site(instance: Instance):
    address, cookies, pupils = sheet()
    instance.publish()
    port, moment = free_port(), random.Random(5)
    program = instance.start("serve", "--port", str(port))
    wait_for(lambda: answers(port))
    typist, stop = Typist(port, address, cookies), threading.Event()
    states: list[str] = []

    def work() -> None:
        value = 0
        while not stop.is_set():
            value += 1
            states.append(typist.type(pupils[value % PUPILS], str(value)))

    worker = threading.Thread(target=work)
    worker.start()
    for _kill in range(moments()):
        time.sleep(moment.uniform(0.2, 0.8))
        for site in children(program.pid, "granian"):
            os.kill(site, signal.SIGKILL)
        wait_for(lambda: answers(port))
    time.sleep(0.5)
    stop.set()
    worker.join()
    program.send_signal(signal.SIGINT)
    program.wait(timeout=30)
    instance.fetch()
    assert set(states) == {"saved"}
    for pupil, sent in typist.sent.items():
        stored = Result.objects.filter(pupil__uid=pupil).order_by("id")
        assert [f"{row.score:g}" for row in stored] == sent
        assert [row.is_current for row in stored] == [False] * (len(sent) - 1) + [True]
