"""The tables we accept: no header may mean two things, and the headers of well-known exports mean what they should."""

import tomllib
from pathlib import Path

import pytest

from crm_analytics import schema
from crm_analytics.i18n import LANGUAGES, catalogue
from crm_analytics.schema import SQL_TYPES, TABLES, field_of, folded, is_told, mapping, missing

ONLINE_RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SUPERSTORE_CN = (
    "行 ID,订单 ID,订单日期,发货日期,邮寄方式,客户 ID,客户名称,细分,城市,省/自治区,国家,地区,产品 ID,类别,"
    "子类别,产品名称,销售额,数量,折扣,利润"
)
SUPERSTORE_EN = (
    "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country/Region,City,"
    "State/Province,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit"
)
OLIST_ORDERS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
    "order_delivered_customer_date,order_estimated_delivery_date"
)
OLIST_ITEMS = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
OLIST_REVIEWS = "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp"
OLIST_CUSTOMERS = "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"
COMCAST = (
    "Ticket #,Customer Complaint,Date,Date_month_year,Time,Received Via,City,State,Zip code,Status,"
    "Filing on Behalf of Someone"
)
TELCO_STATUS = (
    "Customer ID,Count,Quarter,Satisfaction Score,Customer Status,Churn Label,Churn Value,Churn Score,CLTV,"
    "Churn Category,Churn Reason"
)
SHOPIFY_ORDERS = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing City,Vendor,Id,Source"
)
TAOBAO_ORDERS = (
    "订单编号,买家会员名,买家应付货款,买家实际支付金额,订单状态,订单创建时间,订单付款时间,宝贝标题,宝贝总数量,店铺名称"
)


def mapped(table, header_line):
    return mapping(table, header_line.split(","))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_header_names_one_column_of_a_table(table):
    claimed = {}
    for column in table.columns:
        for word in (column.name, *column.synonyms):
            assert folded(word) not in claimed, f"{word} of {column.name} is claimed by {claimed[folded(word)]}"
            claimed[folded(word)] = column.name


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_whole(table):
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert table.required and table.hints
    assert all(column.kind in SQL_TYPES for column in table.columns)
    assert set(table.key) | set(table.telling) <= set(names)
    assert all(set(part) <= set(names) for parts in table.alternatives.values() for part in parts)


def test_headers_file_names_no_column_we_do_not_have():
    text = (Path(schema.__file__).parent / "headers.toml").read_text("utf-8")
    for name, entries in tomllib.loads(text).items():
        if name not in ("shared", "not needed", "one row per customer"):
            assert set(entries) <= {column.name for column in TABLES[name].columns} | {"file name"}, name


@pytest.mark.parametrize(
    "header",
    ["Invoice No.", "invoice_no", "INVOICENO", "\ufeffInvoice No", "Ｉｎｖｏｉｃｅ　Ｎｏ", "invoice\u200b-no"],
)
def test_writing_of_a_header_does_not_matter(header):
    assert folded(header) == "invoiceno"
    assert field_of("orders", header) == "order_id"


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("orders", "订单id", "order_id"),
        ("orders", "訂單編號", "order_id"),
        ("orders", "客戶編號", "customer_id"),
        ("orders", "銷售額", "amount"),
        ("orders", "成交金额（元）", "amount"),
        ("orders", "Amount (GBP)", "amount"),
        ("customers", "會員編號", "customer_id"),
        ("customers", "生日", "birth_date"),
        ("points", "點數", "points"),
        ("complaints", "投訴時間", "opened_at"),
        ("orders", "發票號碼", "order_id"),
        ("orders", "料號", "sku"),
        ("orders", "項次", "line_no"),
        ("orders", "門市名稱", "store"),
        ("orders", "通路別", "channel"),
        ("orders", "淨額", "amount"),
        ("customers", "客戶代號", "customer_id"),
        ("customers", "電子郵件", "email"),
        ("customers", "行動電話", "phone"),
        ("customers", "註冊日期", "signup_date"),
        ("customers", "負責業務", "owner"),
        ("complaints", "客訴類別", "category"),
        ("surveys", "填答時間", "answered_at"),
        ("points", "異動點數", "points"),
        ("receivables", "應收帳款", "amount"),
        ("surveys", "满意度", "score"),
        ("orders", "", None),
        ("orders", "(元)", None),
        ("orders", "'; DROP TABLE orders; --", None),
    ],
)
def test_header_in_three_languages(table, header, column):
    assert field_of(table, header) == column


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_table_under_the_screens_own_chinese_headers_is_read_again(language):
    words = catalogue(language)
    labels = [
        (table.name, column.name, words.get(f"fields.{table.name}.{column.name}"))
        for table in TABLES.values()
        for column in table.columns
    ]
    assert [
        (table, column, label) for table, column, label in labels if label and field_of(table, label) != column
    ] == []


def test_online_retail():
    assert mapped("orders", ONLINE_RETAIL) == {
        "order_id": "InvoiceNo",
        "customer_id": "CustomerID",
        "ordered_at": "InvoiceDate",
        "sku": "StockCode",
        "product": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "country": "Country",
    }
    assert missing("orders", mapped("orders", ONLINE_RETAIL)) == []


@pytest.mark.parametrize("headers", [SUPERSTORE_CN, SUPERSTORE_EN], ids=["zh", "en"])
def test_superstore(headers):
    found = mapped("orders", headers)
    chinese = mapped("orders", SUPERSTORE_CN)
    assert set(found) == set(chinese) == {
        "order_id", "customer_id", "ordered_at", "amount", "line_no", "sku", "product", "category", "quantity",
        "profit", "discount", "customer_name", "kind", "region", "city", "country",
    }  # fmt: skip
    assert found["region"] in ("地区", "Region")  # preferred to the province
    assert field_of("orders", "省/自治区") == field_of("orders", "State/Province") == "region"
    assert field_of("orders", "子类别") is None and field_of("orders", "发货日期") is None


def test_olist():
    orders = mapped("orders", OLIST_ORDERS)
    assert orders["ordered_at"] == "order_purchase_timestamp"
    assert orders["delivered_at"] == "order_delivered_customer_date"
    assert orders["status"] == "order_status"
    assert missing("orders", orders) == ["amount"]  # order_items bring it
    items = mapped("order_items", OLIST_ITEMS)
    assert items == {
        "order_id": "order_id",
        "line_no": "order_item_id",
        "sku": "product_id",
        "amount": "price",
        "freight": "freight_value",
    }
    reviews = mapped("surveys", OLIST_REVIEWS)
    assert reviews == {
        "response_id": "review_id",
        "answered_at": "review_answer_timestamp",
        "score": "review_score",
        "order_id": "order_id",
        "text": "review_comment_message",
    }
    assert mapped("customers", OLIST_CUSTOMERS) == {
        "customer_id": "customer_id",
        "person_id": "customer_unique_id",
        "region": "customer_state",
        "city": "customer_city",
    }


def test_comcast_and_telco():
    assert mapped("complaints", COMCAST) == {
        "complaint_id": "Ticket #",
        "opened_at": "Date",
        "channel": "Received Via",
        "status": "Status",
        "text": "Customer Complaint",
    }
    assert mapped("surveys", TELCO_STATUS)["score"] == "Satisfaction Score"
    churn = mapped("churn_reasons", TELCO_STATUS)
    assert churn == {"customer_id": "Customer ID", "class": "Churn Category", "text": "Churn Reason"}


def test_shops():
    shopify = mapped("orders", SHOPIFY_ORDERS)
    assert shopify["order_id"] == "Name" and shopify["customer_id"] == "Email"
    assert shopify["ordered_at"] == "Created at" and shopify["total"] == "Total"
    assert missing("orders", shopify) == []
    taobao = mapped("orders", TAOBAO_ORDERS)
    assert taobao["order_id"] == "订单编号" and taobao["customer_id"] == "买家会员名"
    assert taobao["total"] == "买家实际支付金额" and taobao["ordered_at"] == "订单创建时间"
    assert missing("orders", taobao) == []


def test_missing_names_what_no_alternative_provides():
    assert missing("orders", ["order_id"]) == ["customer_id", "ordered_at", "amount"]
    assert missing("orders", ["order_id", "customer_id", "ordered_at", "quantity"]) == ["amount"]
    assert missing("order_items", ["order_id", "quantity", "unit_price"]) == []


@pytest.mark.parametrize(
    "header_line",
    [OLIST_ORDERS, "order_id,payment_sequential,payment_type,payment_installments,payment_value", "Customer ID,Gender"],
)
def test_an_id_alone_does_not_tell_a_table(header_line):
    for name in ("returns", "members", "churn_reasons"):
        assert not is_told(name, mapped(name, header_line))
    assert is_told("orders", []) and is_told("returns", mapped("returns", "订单 ID,退回"))


def test_the_data_page_names_every_table_and_column():
    page = (Path(__file__).parents[1] / "data" / "README.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, table in TABLES.items():
        required, welcome = rows[name].split(" | ")[2:]
        assert all(f"`{column}`" in required for column in table.required)
        assert all(f"`{column.name}`" in welcome for column in table.stored if not column.required)
