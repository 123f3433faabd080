"""The page of one customer: whom it is about, the way to another one, what can be done."""

import pandas as pd
import streamlit as st

from crm_analytics.errors import CrmError
from crm_analytics.metrics import customer, customers
from crm_analytics.ui import cards, decisions
from crm_analytics.ui.customers import named
from crm_analytics.ui.text import plain

HITS = 8
MANY = 200_000  # customers from which past tiers are worked out on demand


def asked() -> str:
    """Whose page the URL names; "" names nobody."""
    return st.query_params.get("id", "").strip()


def search(page, *, is_open: bool = False):
    """A box to go to another customer: the first hits as links."""
    words = st.text_input(
        page.tr("customers.search"),
        placeholder=page.tr("customers.search_hint"),
        icon=":material/search:",
        key="customer.search",
        label_visibility="visible" if is_open else "collapsed",
    ).strip()
    if not words and not is_open:
        return
    hits = page.measure(customers.listing, search=words, columns="name,tier", limit=HITS + 1)
    if hits.empty:
        st.caption(page.tr("customer.no_hit", words=plain(words)))
    for row in page.in_words(hits).head(HITS).itertuples():
        label = " · ".join(filter(None, (plain(named(row.customer_id, row.name)), row.tier)))
        st.page_link(
            "pages/customer.py",
            label=label,
            icon=":material/person:",
            query_params=page.query | {"id": [row.customer_id]},
        )
    if len(hits) > HITS:
        st.caption(page.tr("customer.more_hits"))


def facts(page, id: str):
    """The row of `customer.summary`; without an id, or where nobody has this number, a search box instead of the page."""
    if id and len(page.measure(customer.who, id=id)):
        row = page.measure(customer.summary, id=id).iloc[0].astype(object)
        return row.where(row.notna(), None)
    page.answer(page.tr("menu.customer"), page.tr("customer.answer_nobody"))
    if id:
        st.warning(plain(CrmError("E_CUSTOMER", customer=id).sentence(page.tr)), icon=":material/person_search:")
    with cards.card("search", height="content"):
        search(page, is_open=True)
    return st.stop()


def show_facts(page, rows: list[tuple[str, str]], name: str, nothing: str):
    """Facts as a small table with its files and what they are; a sentence where there are none.  `name`: who, standing."""
    if not rows:
        st.caption(page.tr(nothing))
        return
    headers = [page.tr("customer.fact"), page.tr("customer.value")]
    cards.grid(headers, rows, quiet=(0,))
    told = page.tr(f"customer.{name}_title"), page.tr(f"customer.about_{name}")
    page.proof(pd.DataFrame(rows, columns=headers), f"customer-{name}", customer.summary, *told)


def choose_dimension(page, bought: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of the dimension the reader looks at: category, brand, channel, store; a sentence where the lines say none."""
    present = list(dict.fromkeys(bought.dimension))
    if not present:
        st.caption(page.tr("customer.no_dimension"))
        return None
    chosen = st.segmented_control(
        page.tr("customer.dimension"),
        present,
        default=present[0],
        required=True,
        format_func=page.column_label,
        key="customer.dimension",
        label_visibility="collapsed",
    )
    return bought[bought.dimension == chosen]


def wanted(page, facts):
    """Which exports would say more, as links to the Data screen."""
    absent = [name for name in (facts["absent"] or "").split(",") if name]
    if not absent:
        return
    names = page.tr("overview.comma").join(page.tr(f"tables.{name}") for name in absent)
    st.caption(page.tr("customer.absent", names=names))
    st.page_link("pages/data.py", label=page.tr("frame.upload"), icon=":material/upload:", query_params=page.query)


def say_who(page, facts):
    """A number that stands for somebody else, and a customer who is not ranked, are said; each can be taken back."""
    if facts["asked_id"] != facts["customer_id"]:
        st.info(
            page.tr("customer.stands_for", asked=plain(facts["asked_id"]), id=plain(facts["customer_id"])),
            icon=":material/merge:",
        )
    if not facts["is_ranked"]:
        st.info(page.tr("customers.unrank_about"), icon=":material/person_off:")


def actions(page, facts):
    """Another customer, save, mark, merge, part."""
    id = facts["customer_id"]
    with st.container(horizontal=True, key="customer.actions", vertical_alignment="center"):
        with (
            st.popover(page.tr("customer.search"), icon=":material/search:", key="customer.another"),
            st.container(width=decisions.WIDE),
        ):
            search(page)
        decisions.add_to_set(page, "customer", id)
        if facts["is_ranked"]:
            decisions.do_not_rank(page, "customer", [id])
        else:
            decisions.rank_again(page, "customer", id)
        decisions.merge_with(page, "customer", id)
        for number in decisions.merged_by_hand(page, facts["numbers"].split(",")):
            decisions.part(page, "customer", number)


def tiers(page, id: str) -> pd.DataFrame | None:
    """Revenue and tier at the last quarter ends; at a very large company only when the reader asks for it."""
    if page.measure(customers.size) > MANY and not st.button(page.tr("customer.work_out"), icon=":material/history:"):
        return None
    with st.spinner(page.tr("customers.working")):
        edges = page.measure(customer.tier_edges)
    return page.measure(customer.history, id=id, edges=tuple(edges.itertuples(index=False, name=None)))
