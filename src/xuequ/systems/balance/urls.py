"""URLs of balance, mounted under ``/balance/``."""

from django.urls import path

from xuequ.systems.balance import views
from xuequ.systems.balance.imports import views as imports
from xuequ.systems.balance.items import views as items
from xuequ.systems.balance.rules import views as rules
from xuequ.systems.balance.trials import views as trials
from xuequ.systems.balance.values import views as values

app_name = "balance"
urlpatterns = [
    path("", views.index, name="index"),
    path("years/<slug:year>/", views.district, name="year"),
    path("years/<slug:year>/judge/", views.judge, name="judge"),
    path("years/<slug:year>/publish/", views.publish, name="publish"),
    path("years/<slug:year>/brief/", views.brief, name="brief"),
    path("years/<slug:year>/report.<slug:form>", views.report, name="report"),
    path("years/<slug:year>/tables.xlsx", views.tables, name="tables"),
    path("years/<slug:year>/spread/<slug:stage>/<slug:code>/", views.spread, name="spread"),
    path("years/<slug:year>/what-if/", trials.what_if, name="what-if"),
    path("years/<slug:year>/what-if/keep/", trials.keep, name="trial-keep"),
    path("years/<slug:year>/what-if/<uuid:uid>/", trials.trial, name="trial"),
    path("years/<slug:year>/what-if/<uuid:uid>/drop/", trials.drop, name="trial-drop"),
    path("years/<slug:year>/what-if/<uuid:uid>/beside/<uuid:other>/", trials.compare, name="trial-compare"),
    path("years/<slug:year>/cost/", views.cost, name="cost"),
    path("years/<slug:year>/prices/", rules.prices, name="prices"),
    path("years/<slug:year>/areas/<uuid:uid>/", views.area, name="area"),
    path("years/<slug:year>/schools/<uuid:uid>/", views.school, name="school"),
    path("years/<slug:year>/schools/<uuid:uid>/object/", views.object_to, name="object"),
    path(
        "years/<slug:year>/schools/<uuid:uid>/report.<slug:form>", views.school_report, name="school-report"
    ),
    path("years/<slug:year>/schools/<uuid:uid>/values/", values.values, name="values"),
    path("years/<slug:year>/schools/<uuid:uid>/confirm/", values.confirm_all, name="confirm-all"),
    path("years/<slug:year>/schools/<uuid:uid>/exceptions/", rules.exceptions, name="exceptions"),
    path("years/<slug:year>/figures.xlsx", values.figures, name="figures"),
    path("years/<slug:year>/template.xlsx", values.template, name="template"),
    path("years/<slug:year>/values/", values.overview, name="overview"),
    path("years/<slug:year>/items/<slug:code>/", items.item, name="item"),
    path("years/<slug:year>/items/<slug:code>/evidence/", items.add_evidence, name="add-evidence"),
    path(
        "years/<slug:year>/items/<slug:code>/evidence/<uuid:uid>/withdraw/", items.withdraw, name="withdraw"
    ),
    path("evidence/<uuid:uid>/", items.open_evidence, name="evidence"),
    path("waiting/", values.waiting, name="waiting"),
    path("values/<uuid:uid>/confirm/", values.confirm, name="confirm"),
    path("values/<uuid:uid>/send-back/", values.send_back, name="send-back"),
    path("values/<uuid:uid>/unit/", values.unit, name="unit"),
    path("exceptions/<uuid:uid>/end/", rules.end_exception, name="end-exception"),
    path("rules/", rules.rule_sets, name="rules"),
    path("rules/new/", rules.new_version, name="new-version"),
    path("rules/upload/", rules.upload, name="rules-upload"),
    path("rules/<uuid:uid>/", rules.rule_set, name="rule-set"),
    path("rules/<uuid:uid>/rules.toml", rules.document_file, name="rules-file"),
    path("rules/<uuid:uid>/adopt/", rules.adopt, name="adopt"),
    path("weak-schools/", rules.weak, name="weak"),
    path("objections/", views.appeals, name="appeals"),
    path("objections/<uuid:uid>/", views.appeal, name="appeal"),
    path("imports/", imports.listed, name="imports"),
    path("imports/new/<slug:year>/", imports.new, name="import-new"),
    path("imports/<uuid:uid>/", imports.one, name="import"),
    path("imports/<uuid:uid>/columns/", imports.columns, name="import-columns"),
    path("imports/<uuid:uid>/answers/", imports.answers, name="import-answers"),
    path("imports/<uuid:uid>/confirm/", imports.confirm, name="import-confirm"),
    path("imports/<uuid:uid>/discard/", imports.discard, name="import-discard"),
    path("imports/<uuid:uid>/undo/", imports.undo, name="import-undo"),
]
