"""What a new user does: look at the made-up company, bring an export, read the Overview; in one browser, in order."""

import re

ORDERS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"{number},{name},2024-0{1 + number % 9}-1{number % 9},{10 + number}.50\n"
    for number, name in enumerate(
        ["<img src=x onerror=alert(1)>", "=cmd", "$a$ :smile: ![x](http://a/b.png)", "d"] * 10, start=1
    )
)


def answer(tab) -> str:
    tab.wait_for_selector(".answer")
    return tab.inner_text(".answer")


def test_the_first_screen_is_the_made_up_company(server, tab):
    tab.goto(server)
    assert answer(tab)
    assert "made up" in tab.inner_text(".st-key-made-up")
    tab.locator("[data-testid=stMetricValue]").nth(7).wait_for()


def test_the_language_switch_changes_the_words_and_the_link(server, tab):
    tab.goto(server)
    answer(tab)
    tab.get_by_role("radio", name="简体中文").click()
    tab.wait_for_selector("text=数据导入")
    tab.wait_for_url("**lang=zh-Hans**")
    tab.get_by_role("link", name="设置").click()
    tab.wait_for_selector("text=保存为新版本")
    assert "lang=zh-Hans" in tab.url, "the choice goes along to the next page"


def test_a_cold_link_opens_the_same_view(server, tab):
    tab.goto(f"{server}/customers?lang=zh-Hans&as_of=2026-03-31&months=6")
    assert "客户" in answer(tab)
    assert "截至 2026-03-31，6 个月" in tab.inner_text("[data-testid=stSidebar]")


def test_a_link_without_choice_takes_the_browsers_language(server, chromium):
    context = chromium.new_context(locale="zh-CN")
    tab = context.new_page()
    tab.goto(f"{server}/data")
    assert "导出文件" in answer(tab)
    context.close()


def test_an_export_becomes_numbers(server, tab):
    alerts = []
    tab.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    tab.goto(f"{server}/data")
    tab.wait_for_selector("[data-testid=stFileUploader]")
    export = {"name": "<b>orders.csv", "mimeType": "text/csv", "buffer": ORDERS.encode()}
    tab.set_input_files("[data-testid=stFileUploader] input", [export])
    tab.wait_for_selector(".st-key-card-mapping")
    assert "40 records read" in answer(tab)
    tab.locator(".st-key-import-now button").click()
    tab.wait_for_selector(".st-key-card-receipts")
    assert "40 records imported" in answer(tab)
    assert "_b_orders.csv" in tab.inner_text(".st-key-card-receipts")
    tab.locator(".st-key-to-overview button").click()
    tab.locator("[data-testid=stMetricValue]").nth(4).wait_for()
    assert tab.locator(".st-key-made-up").count() == 0, "the reader's own company is open"
    assert re.search(r"Active customers\s+4\b", tab.inner_text(".st-key-card-strip"))
    tab.get_by_role("link", name="Customers").click()
    tab.wait_for_selector(".st-key-card-list")
    assert alerts == []


def test_an_import_can_be_taken_back(server, tab):
    tab.goto(f"{server}/data")
    tab.locator(".st-key-undo-1 button").click()
    tab.locator(".st-key-undo-now button").click()
    tab.wait_for_selector("text=undone")
    tab.goto(server)
    assert "needs Orders" in answer(tab)
