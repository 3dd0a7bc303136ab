"""A small district in which every role has an account."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests import factories
from xuequ.core.models import Account
from xuequ.district.choices import Role

SignIn = Callable[[str], Client]


@pytest.fixture
def accounts(db: None) -> dict[str, Account]:
    """One account for each role, by the role's code."""
    factories.make_district()
    school_class = factories.make_class(factories.make_school("虚构第一中学", stage="junior"))
    school = school_class.school
    pupil = factories.make_pupil(school_class)
    in_school = {
        Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.SUBJECT_HEAD, Role.DATA_OFFICER, Role.TEACHER
    }  # fmt: skip
    made: dict[str, Account] = {}
    for role in Role:
        place: dict[str, object] = {"school": school} if role in in_school else {}
        if role == Role.CLASS_TEACHER:
            place = {"school": school, "school_class": school_class}
        if role == Role.YEAR_HEAD:
            place = {"school": school, "entry_year": school_class.entry_year}
        made[role] = factories.make_account(role, username=f"demo-{role}", **place)
    factories.bind(pupil.person, made[Role.PUPIL])
    guardian = factories.make_guardian(pupil)
    factories.bind(guardian, made[Role.GUARDIAN])
    return made


@pytest.fixture
def sign_in(accounts: dict[str, Account]) -> SignIn:
    """Return a browser in which the account with the given role is signed in."""

    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(accounts[role])
        return client

    return signed_in
