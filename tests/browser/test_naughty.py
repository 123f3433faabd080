"""T65 and T76 of docs/trust.md in a real browser: nothing that a file says runs, loads, links or becomes an element."""

from urllib.parse import urlencode, urlsplit

import pytest

from crm_analytics.database import open_database
from tests import naughty
from tests.browser.conftest import running
from tests.browser.screen import becomes, is_error, opened, point_at
from tests.pages.conftest import PAGES

# Every element that a text of a file could have become; what the product draws itself carries no zqj in its attributes.
FOREIGN = """() => {
  const told = ['href', 'aria-label', 'title', 'alt', 'class'];
  const foreign = e => {
    const said = [...e.attributes].filter(each => !told.includes(each.name)).map(each => each.value).join(' ');
    const leads = /^(javascript:|mailto:|https?:\\/\\/(www\\.)?zqj)/.test(e.getAttribute('href') || '');
    const marked = ['STRONG', 'EM', 'DEL', 'CODE'].includes(e.tagName) && /^zqj/.test(e.textContent);
    return /zqj/.test(said) || leads || marked || e.classList.contains('katex');
  };
  const kinds = 'a, img, iframe, video, audio, object, embed, script, svg, strong, em, del, code, h1, .katex';
  return [...document.querySelectorAll(kinds)].filter(foreign).map(e => e.outerHTML.slice(0, 200));
}"""


TO_THE_END = """() => { document.querySelector("[data-testid=stMain]").scrollTo(0, 9999);
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); }"""  # until it is painted


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(URL, a customer) of a server over the naughty company."""
    folder = tmp_path_factory.mktemp("naughty")
    database = open_database(naughty.company(folder, 150))
    best = "select customer_id from customer_days group by 1 order by sum(revenue) desc limit 1"
    id = database.cursor().execute(best).fetchone()[0]
    database.close()
    with running(folder) as url:
        yield url, id


@pytest.fixture
def watched(tab, site):
    """A tab of which everything is noted that a text of a file should not bring about."""
    noted, host = [], urlsplit(site[0]).netloc
    tab.on("dialog", lambda dialog: (noted.append(f"dialog {dialog.message}"), dialog.dismiss()))
    tab.on("pageerror", lambda error: noted.append(f"error {error}"))
    tab.on("console", lambda message: noted.append(f"console {message.text}") if is_error(message) else None)

    def route(route):
        address = urlsplit(route.request.url)
        if address.scheme in ("http", "https") and address.netloc != host:
            noted.append(f"request {route.request.url}")
            route.abort()
        else:
            route.continue_()

    tab.route("**/*", route)
    tab.noted = noted
    return tab


# In a browser the screens that show most of what files say; all of them are proven by their elements in tests/pages.
SHOWN = ("overview", "customers", "customer", "pyramid", "profile", "data")


@pytest.mark.parametrize(
    "topic", [each if each in SHOWN else pytest.param(each, marks=pytest.mark.long) for each in PAGES]
)
def test_t65_a_screen_runs_loads_and_links_nothing_of_a_file(site, watched, topic):
    url, id = site
    query = {"lang": "en"} | ({"id": id} if topic == "customer" else {})
    watched.goto(f"{url}/{'' if topic == 'overview' else topic}?{urlencode(query)}")
    opened(watched)
    watched.evaluate(TO_THE_END)
    assert watched.evaluate(FOREIGN) == []
    assert watched.evaluate("window.zqj") is None
    assert watched.noted == []
    assert watched.get_by_test_id("stException").count() == 0


def test_t65_tips_show_text(site, watched):
    url, _ = site
    watched.goto(f"{url}/profile?{urlencode({'lang': 'en', 'q.part': 'baskets'})}")
    opened(watched)
    watched.wait_for_selector(".js-plotly-plot .main-svg")
    for plot in watched.locator(".js-plotly-plot").all()[:4]:
        point_at(watched, plot, 0.3, 0.3)
        assert "zqj" in plot.locator(".hoverlayer").text_content(), "the tip tells what the file says"
        assert watched.evaluate(FOREIGN) == [] and watched.evaluate("window.zqj") is None and watched.noted == []


def test_t65_conditions_and_sets_are_text(site, watched):
    url, _ = site
    header = naughty.HEADERS[0]
    watched.goto(
        f"{url}/customers?{urlencode({'lang': 'en', 'set': naughty.STRINGS[10], 'q.search': naughty.STRINGS[1]})}"
    )
    opened(watched)
    watched.goto(f"{url}/?{urlencode({'lang': 'en', f'where.{header}': header + ' 1', 'currency': '$zqj$'})}")
    opened(watched)
    assert watched.evaluate(FOREIGN) == [] and watched.evaluate("window.zqj") is None and watched.noted == []


def test_the_check_finds_an_element(site, watched):
    watched.goto(f"{site[0]}/settings?lang=en")
    opened(watched)
    watched.evaluate(
        "document.querySelector('.answer').insertAdjacentHTML('beforeend', '<img src=\"http://zqj.invalid/x\">')"
    )
    assert len(watched.evaluate(FOREIGN)) == 1
    becomes(watched, lambda: any("http://zqj.invalid" in each for each in watched.noted), True)
