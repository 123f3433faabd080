"""Short exports in every encoding: one to 300 rows, dense or sparse beyond ASCII, all from a seed."""

import random

SIMPLIFIED = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
)
TRADITIONAL = (
    "王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志晓燕婷雪梅琳欣怡梓涵浩宇轩墨诗雨泽"
GIVEN += "鸣昊天俊思远佳豪鑫淼晨曦瑞博睿哲皓芷昕妍颖倩"
GIVEN_TRADITIONAL = "偉芳娜敏靜麗強磊軍洋勇艷傑娟濤明超秀霞平剛桂英華玉蘭紅建國志曉燕婷雪梅琳欣怡"
GIVEN_TRADITIONAL += "梓涵浩宇軒墨詩雨澤鳴昊天俊思遠佳豪鑫淼晨曦瑞博睿哲皓芷昕妍穎倩"
LATIN = "Müller|José|François|Åsa|Søren|Zoë|Renée|Núñez|Straße 5|café|Île-de-France|Café – rue|12,50 €|£5.00|naïve|Gonçalves"
LATIN += "|São Paulo|Köln|Düsseldorf|Málaga|Besançon|Öland|L’Été|21 °C|Brontë|Curaçao|Łódź"
CITIES = ["北京", "上海", "广州市天河区", "华东", "成都"]
CITIES_TRADITIONAL = ["臺北市", "高雄", "香港", "九龍", "臺中市西屯區"]
HEADERS = {
    "simplified": "订单编号,客户姓名,地区,金额",
    "traditional": "訂單編號,客戶姓名,地區,金額",
    "latin": "order_id,name,city,amount",
}
KINDS = (  # encoding, what is written in it
    ("utf-8", "simplified"),
    ("utf-8", "latin"),
    ("utf-8-sig", "traditional"),
    ("utf-16", "simplified"),
    ("utf-16-le", "simplified"),
    ("utf-16-be", "traditional"),
    ("gb18030", "simplified"),
    ("big5", "traditional"),
    ("big5hkscs", "traditional"),
    ("cp1252", "latin"),
)
SIZES = (1, 3, 10, 50, 300)


def export(encoding: str, kind: str, rows: int, is_dense: bool, seed: int) -> str:
    """The text of one export; a sparse one has a single name beyond ASCII."""
    rng = random.Random(f"{encoding} {kind} {rows} {is_dense} {seed}")
    special = rng.randrange(rows)
    lines = [HEADERS[kind] if is_dense else HEADERS["latin"]]
    for number in range(rows):
        name = _name(rng, kind, encoding) if is_dense or number == special else "Ann"
        city = _city(rng, kind) if is_dense else "Bath"
        lines.append(f'O{number},"{name}",{city},{rng.randrange(100, 99999) / 100}')
    return "\n".join(lines) + "\n"


def _name(rng: random.Random, kind: str, encoding: str) -> str:
    if kind == "latin":
        return rng.choice(
            [name for name in LATIN.split("|") if encoding != "cp1252" or name.isascii() or "Ł" not in name]
        )
    family, given = (SIMPLIFIED, GIVEN) if kind == "simplified" else (TRADITIONAL, GIVEN_TRADITIONAL)
    return rng.choice(family) + "".join(rng.choice(given) for _ in range(rng.choice((1, 2))))


def _city(rng: random.Random, kind: str) -> str:
    return rng.choice({"simplified": CITIES, "traditional": CITIES_TRADITIONAL, "latin": ["Bath", "Ely"]}[kind])
