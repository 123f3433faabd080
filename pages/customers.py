"""Page."""

from crm_analytics import ui

page = ui.page("customers")
