"""From a company's exports to accepted rows: read, recognise, plan, apply, undo. Nothing lost, nothing silently changed."""

from crm_analytics.importing import outlook
from crm_analytics.importing.apply import apply_plan
from crm_analytics.importing.corrections import reasons, to_correct
from crm_analytics.importing.history import history, mates, quarantined
from crm_analytics.importing.plan import plan_import, replan
from crm_analytics.importing.receipt import Receipt
from crm_analytics.importing.shapes import Caution, ColumnPlan, FilePlan, Options, Plan, Question
from crm_analytics.importing.template import template
from crm_analytics.importing.undo import undo_import

__all__ = [
    "Caution",
    "ColumnPlan",
    "FilePlan",
    "Options",
    "Plan",
    "Question",
    "Receipt",
    "apply_plan",
    "history",
    "mates",
    "outlook",
    "plan_import",
    "quarantined",
    "reasons",
    "replan",
    "template",
    "to_correct",
    "undo_import",
]
