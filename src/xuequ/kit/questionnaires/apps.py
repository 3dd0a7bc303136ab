"""Questionnaires: one JSON source for the browser, paper and Excel."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import OnErasure, PersonalData, Rule, RuleStart, RuleUnit


class QuestionnairesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.questionnaires"
    label = "questionnaires"
    verbose_name = _("Questionnaires")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="questionnaires.Answer",
            what=_("answers to questionnaires; in rounds by name, with the random key of who answered"),
            basis=_("the legal basis that the round itself states to those who are asked"),
            retention=_("two years after it was given"),
            person=("person",),
            on_erasure=OnErasure.DELETE,
            free_text=("data",),
            rule="survey-answers",
            dated="sent",
        ),
        PersonalData(
            model="questionnaires.Receipt",
            what=_("who has answered in which round, by random key and day, without the answer"),
            basis=_("one answer for each person, and reminders only to those who have not answered"),
            retention=_("until the round has been evaluated, at most two years"),
            person=("person",),
            on_erasure=OnErasure.DELETE,
            rule="survey-answers",
            dated="day",
        ),
    )
    rules = (
        Rule(
            "survey-answers",
            _("Answers to questionnaires"),
            2,
            RuleUnit.YEARS,
            _("no longer than needed (个人信息保护法, article 19), time to be set by the bureau"),
            RuleStart.WRITTEN,
        ),
    )
