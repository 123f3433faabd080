"""What a new user does: look at the made-up company, bring an export, read the Overview; in one browser, in order."""

import re

from tests.browser.screen import expect, opened, says

ORDERS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"{number},{name},2024-0{1 + number % 9}-1{number % 9},{10 + number}.50\n"
    for number, name in enumerate(
        ["<img src=x onerror=alert(1)>", "=cmd", "$a$ :smile: ![x](http://a/b.png)", "d"] * 10, start=1
    )
)


def test_the_first_screen_is_the_made_up_company(server, tab):
    tab.goto(server)
    assert opened(tab)
    says(tab, "made up", ".st-key-made-up")
    expect(tab.locator("[data-testid=stMetricValue]")).to_have_count(8)


def test_the_language_switch_changes_the_words_and_the_link(server, tab):
    tab.goto(server)
    opened(tab)
    tab.get_by_role("radio", name="简体中文").click()
    tab.wait_for_selector("text=数据导入")
    tab.wait_for_url("**lang=zh-Hans**")
    tab.get_by_role("link", name="设置").click()
    tab.wait_for_selector("text=保存为新版本")
    tab.wait_for_url("**/settings?*lang=zh-Hans*")  # the choice goes along to the next page


def test_a_cold_link_opens_the_same_view(server, tab):
    tab.goto(f"{server}/customers?lang=zh-Hans&as_of=2026-03-31&months=6")
    says(tab, "客户")
    says(tab, "截至 2026-03-31，6 个月", "[data-testid=stSidebar]")


def test_a_link_without_choice_takes_the_browsers_language(server, reader):
    tab = reader(locale="zh-CN")
    tab.goto(f"{server}/data")
    says(tab, "导出文件")


def test_an_export_becomes_numbers(server, tab):
    alerts = []
    tab.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    tab.goto(f"{server}/data")
    tab.wait_for_selector("[data-testid=stFileUploader]")
    export = {"name": "<b>orders.csv", "mimeType": "text/csv", "buffer": ORDERS.encode()}
    tab.set_input_files("[data-testid=stFileUploader] input", [export])
    says(tab, "40 records read")
    tab.locator(".st-key-import-now button").click()
    says(tab, "40 records imported")
    says(tab, "_b_orders.csv", ".st-key-card-receipts")
    tab.locator(".st-key-to-overview button").click()
    says(tab, re.compile(r"Active customers\s+4\b"), ".st-key-card-strip")
    opened(tab)
    assert tab.locator(".st-key-made-up").count() == 0, "the reader's own company is open"
    tab.get_by_role("link", name="Customers").click()
    tab.wait_for_selector(".st-key-card-list")
    opened(tab)
    assert alerts == []


def test_an_import_can_be_taken_back(server, tab):
    tab.goto(f"{server}/data")
    tab.locator(".st-key-undo-1 button").click()
    tab.locator(".st-key-undo-now button").click()
    says(tab, "undone", "[class*=st-key-line-import-]")
    tab.goto(server)
    says(tab, "needs Orders")
