"""A button that copies the link of this view.  The browser knows its own address; the server adds the choice."""

import streamlit as st

from crm_analytics.ui import choice

HTML = """
<button type="button" class="copylink" hidden>
  <span class="icon" aria-hidden="true">link</span><span class="words" aria-live="polite"></span>
</button>
"""
JS = """
function oneStepBack() {
  // To leave for another screen the server first sends its parameters, then its path: two steps in the browser's history, of which
  // the first is this screen as the other one is filtered. Without anything done by the reader in between they become one.
  if (history.isInOneStep) return;
  history.isInOneStep = true;
  const push = history.pushState.bind(history);
  let asked = null;
  const forget = () => { asked = null; };
  for (const deed of ["pointerdown", "keydown", "popstate"]) addEventListener(deed, forget, true);
  history.pushState = (state, title, url) => {
    const to = new URL(url ?? location.href, location.href), isHere = to.pathname === location.pathname;
    const isSecond = !isHere && asked !== null && asked === to.search;
    asked = isHere ? to.search : null;
    return isSecond ? history.replaceState(state, title, url) : push(state, title, url);
  };
}
export default function ({ data, parentElement, setTriggerValue }) {
  oneStepBack();
  document.documentElement.lang = data.language;
  const button = parentElement.querySelector("button"), words = button.querySelector(".words");
  words.textContent = data.label;
  button.hidden = false;
  button.onclick = async () => {
    const link = location.origin + location.pathname + "?" + data.query;
    let done = true;
    try {
      await navigator.clipboard.writeText(link);
    } catch {  // no clipboard without https: copy from a field of our own
      const field = document.body.appendChild(document.createElement("textarea"));
      field.value = link;
      field.select();
      done = document.execCommand("copy");
      field.remove();
    }
    words.textContent = done ? data.copied : link;
    setTimeout(() => { words.textContent = data.label; }, 2500);
  };
  const theme = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => setTriggerValue("theme", true);  // charts are coloured on the server
  theme.addEventListener("change", changed);
  return () => theme.removeEventListener("change", changed);
}
"""


def button(page):
    """Copy the link; it names the day, so that it opens the same view after newer imports too.

    It also tells the browser the language, makes one step of the way back from a screen a mark has led to, and tells the
    server when the reader's theme changes.
    """
    _component()(
        key="copylink",
        height="content",
        on_theme_change=lambda: None,
        data={
            "query": choice.link(page.choice, page.filters.as_of),
            "label": page.tr("frame.copy_link"),
            "copied": page.tr("frame.copied"),
            "language": page.language,
        },
    )


@st.cache_resource(max_entries=1, show_spinner=False)
def _component():
    return st.components.v2.component("crm_copylink", html=HTML, js=JS, isolate_styles=False)
