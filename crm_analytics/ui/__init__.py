"""The only package that imports Streamlit besides the pages: frame, cards, tables, downloads."""

from crm_analytics.ui import cards
from crm_analytics.ui.empty import empty
from crm_analytics.ui.numbers import Number, numbers
from crm_analytics.ui.page import Page, page

__all__ = ["Number", "Page", "cards", "empty", "numbers", "page"]
