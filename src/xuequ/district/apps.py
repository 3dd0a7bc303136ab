"""District as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Rule, RuleStart, RuleUnit
from xuequ.district.register import ENTRIES


class DistrictConfig(AppConfig):
    name = "xuequ.district"
    label = "district"
    verbose_name = _("District")
    default_auto_field = "django.db.models.BigAutoField"
    personal_data = ENTRIES
    # None of these numbers was read in the wording of a law: the bureau confirms each on the page of rules.
    rules = (
        Rule(
            "pupil-record",
            _("Names and numbers of pupils"),
            3,
            RuleUnit.YEARS,
            _("rules on pupils' records (中小学生学籍管理办法), time to be confirmed by the bureau"),
            RuleStart.LEFT,
        ),
        Rule(
            "staff-record",
            _("Names and numbers of teachers and staff"),
            5,
            RuleUnit.YEARS,
            _("rules on staff files, time to be confirmed by the bureau"),
            RuleStart.LEFT,
        ),
        Rule(
            "guardian-record",
            _("Names and telephone numbers of guardians"),
            1,
            RuleUnit.YEARS,
            _("no longer than needed (个人信息保护法, article 19), time to be set by the bureau"),
            RuleStart.LEFT,
        ),
        Rule(
            "rights-request",
            _("Words of requests about personal data"),
            3,
            RuleUnit.YEARS,
            _("proof that requests were answered (个人信息保护法, article 50), time to be set by the bureau"),
            RuleStart.WRITTEN,
        ),
        Rule(
            "answer-days",
            _("Time in which a request about personal data is answered"),
            15,
            RuleUnit.WORKING_DAYS,
            _("“in good time” (个人信息保护法, article 50); the number is the bureau's to confirm"),
        ),
        Rule(
            "own-consent-age",
            _("Age from which a pupil is asked for consent beside the guardians"),
            14,
            RuleUnit.AGE,
            _(
                "under 14 a guardian consents (个人信息保护法, article 31); asking older pupils too is a choice"
            ),
        ),
    )
