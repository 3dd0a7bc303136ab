"""How to read a growth report, and what it cannot tell: the texts of the page, part by part."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it."""

    heading: Text
    paragraphs: tuple[Text, ...]


PARTS = (
    Part(
        _("What is compared"),
        (
            _(
                "Each pupil is compared with pupils who had the same result at the start. What is left when"
                " the start is taken"
                " away is growth. A school that admits weak pupils and brings them far shows much growth,"
                " though its level may"
                " still be low."
            ),
            _(
                "Growth is written in standard deviations (SD): one SD is the usual distance of a pupil"
                " from the average pupil."
                " A difference of a tenth is small, of a third is large for a whole school."
            ),
        ),
    ),
    Part(
        _("Zero is the average school of this run"),
        (
            _(
                "About half of the schools always lie below zero, even when all of them teach well. If"
                " every school improves"
                " alike, these figures do not show it; look at the level on linked tests for that."
            ),
        ),
    ),
    Part(
        _("The range counts, not the point"),
        (
            _(
                "The line around each point is the range in which the school's growth lies with the"
                " certainty chosen. Where it"
                " crosses zero, the school cannot be told from the average. Where two ranges overlap much,"
                " the two schools cannot"
                " be told apart, and the order in the list means nothing."
            ),
            _(
                "The point of a small school is drawn towards the average, because few pupils can be lucky"
                " or unlucky together."
            ),
        ),
    ),
    Part(
        _("Who needs help first"),
        (
            _(
                "Schools are listed by need: clearly low growth together with a low level first, then low"
                " growth, then many"
                " pupils who fell behind or a low level, then results that are too incomplete to judge by."
                " Within a step the"
                " school with more pupils concerned stands first."
            ),
        ),
    ),
    Part(
        _("The comprehensive report"),
        (
            _(
                "Trend: each school beside what its own earlier years foretell; only a school outside that range has"
                " changed. Differences: what share lies between schools, classes and pupils, in results and in growth."
                " Influence factors: what goes along with growth, in shares that add up; they name no cause."
                " Suggestions: what the rules below say when they speak up, each with its evidence."
            ),
            _(
                "Process facts such as attendance or reading are what a school does. No model takes them out of a"
                " school's growth; they are laid beside it when it has been computed, and a missing one is not taken as"
                " zero."
            ),
        ),
    ),
    Part(
        _("The audits"),
        (
            _(
                "Before its numbers are used, every evaluation is audited: does the expectation fit, was a paper too"
                " easy, who is missing, would another model say the same? Where an audit says “find out first”, do"
                " that before anything is decided."
            ),
        ),
    ),
    Part(
        _("What the report cannot tell"),
        (
            _(
                "It does not say why. Teaching, illness, new classmates, a hard or an easy paper and"
                " families all count. Use it"
                " to decide where to look, then look."
            ),
            _(
                "It does not judge teachers. Who is placed in which class is not chance, and a class is too"
                " small a sample."
            ),
            _(
                "It does not say much about one pupil. One paper on one day is a small sample, and where"
                " each pupil sat one"
                " subject it says still less. Families are told growth in words, never as a rank."
            ),
            _(
                "Pupils without one of the two results are not counted. When weak pupils are missing, a"
                " school looks better than"
                " it is: read the table of who is in the evaluation first."
            ),
            _("Never tie money, posts or honours to these figures."),
        ),
    ),
)
