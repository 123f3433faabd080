"""The Data screen's questions: one per column, each reading with its evidence; an answer to one leaves the other open."""

from tests.pages.test_data import button, data, drop  # noqa: F401  (data is a fixture)

TWO = (
    b"order_id,customer_id,ordered_at,amount,delivered_at\n1,a,03/04/2024,10,05/06/2024\n2,b,05/06/2024,20,06/07/2024\n"
)
NUMBERS = b'order_id,customer_id,ordered_at,amount\n1,a,2024-04-03,"1,234"\n2,b,2024-06-05,"2,500"\n'


def options(radio) -> list[str]:
    """The answers as they are read: without what keeps their signs from being markup."""
    return [option.replace("\\", "") for option in radio.options]


def test_each_column_is_asked_by_itself(data):  # noqa: F811
    app = drop(data(), ("orders.csv", TWO))
    assert [options(radio)[0] for radio in app.radio] == [
        "Day first: 03/04/2024 is 3 Apr 2024",
        "Day first: 05/06/2024 is 5 Jun 2024",
    ]
    app.radio[0].set_value("dmy").run()
    assert not app.exception and len(app.radio) == 1 and button(app, "import-now").disabled
    app.radio[0].set_value("mdy").run()
    assert not app.exception and not app.radio and not button(app, "import-now").disabled


def test_amounts_that_may_be_thousands_are_asked_in_chinese_too(data):  # noqa: F811
    app = drop(data(lang="zh-Hant"), ("orders.csv", NUMBERS))
    assert not app.exception
    assert options(app.radio[0]) == ["句點是小數點：1,234 即 1,234", "逗號是小數點：1,234 即 1.234"]
    app.radio[0].set_value("comma").run()
    assert not app.exception and not app.radio
