"""Who may do what with one project."""

from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import ENDS, Stage
from xuequ.systems.programmes.models import Project, Proof

ORDERING = frozenset({Stage.PROCUREMENT, Stage.DELIVERY, Stage.ACCEPTANCE})


def may_apply(actor: Actor) -> bool:
    """Whether the actor may begin a project: the district's, or one of the own school."""
    return access.keeps_everything(actor) or bool(access.kept_ids(actor))


def runs(actor: Actor, project: Project) -> bool:
    """Whether the actor writes in the project: the district's keepers, and the applicant's leaders."""
    if access.keeps_everything(actor):
        return True
    return project.school is not None and access.signs_for(actor, project.school)


def may_change(actor: Actor, project: Project) -> bool:
    """Whether the application may be changed: by the applicant until it is handed in, by the district until it ends."""
    if project.stage == Stage.APPLICATION:
        return runs(actor, project)
    return access.keeps_everything(actor) and project.stage not in ENDS


def may_judge(actor: Actor, project: Project) -> bool:
    """Whether the actor may write an expert's opinion."""
    return project.stage == Stage.APPRAISAL and actor.has_everywhere(Role.EXPERT)


def may_order(actor: Actor, project: Project) -> bool:
    """Whether contracts may be entered."""
    return project.stage in ORDERING and runs(actor, project)


def may_pay(actor: Actor, project: Project) -> bool:
    """Whether payments may be entered: by finance and the district's keepers."""
    begun = project.stage in ORDERING or project.stage in {Stage.USE, Stage.DONE}
    return begun and access.pays(actor)


def may_plan(actor: Actor, project: Project) -> bool:
    """Whether milestones may be set."""
    return project.stage not in ENDS and project.stage != Stage.USE and runs(actor, project)


def may_accept(actor: Actor, project: Project) -> bool:
    """Whether an acceptance may be recorded: by the district, and not by who ordered."""
    inspects = access.keeps_everything(actor) or actor.has_everywhere(Role.SUPERVISOR)
    return project.stage == Stage.ACCEPTANCE and inspects


def may_report(actor: Actor, project: Project) -> bool:
    """Whether use may be reported."""
    return project.stage == Stage.USE and runs(actor, project)


def may_raise(actor: Actor, project: Project) -> bool:
    """Whether an issue may be written down: by who runs it, the leading group and supervisors."""
    looks = access.decides(actor) or actor.has_everywhere(Role.SUPERVISOR)
    return project.stage not in ENDS and (looks or runs(actor, project))


def may_attach(actor: Actor, project: Project) -> bool:
    """Whether evidence may be attached: by who runs the project, and by who records the acceptance."""
    return runs(actor, project) or may_accept(actor, project)


def may_withdraw(actor: Actor, project: Project, proof: Proof) -> bool:
    """Whether a piece may be taken back until the project ends: an acceptance's by the district alone."""
    if project.stage in ENDS:
        return False
    if proof.acceptance_id is not None:
        return access.keeps_everything(actor) or may_accept(actor, project)
    return runs(actor, project)


def may_move(actor: Actor, project: Project) -> bool:
    """Whether the actor may take the project to the next stage. After acceptance and use the district does."""
    if project.stage in {Stage.APPLICATION, Stage.PROCUREMENT, Stage.DELIVERY}:
        return runs(actor, project)
    return project.stage in {Stage.ACCEPTANCE, Stage.USE} and access.keeps_everything(actor)


def may_stop(actor: Actor, project: Project) -> bool:
    """Whether the actor may stop the project for good."""
    return project.stage not in ENDS and access.keeps_everything(actor)
