"""The made-up company: a cosmetics retailer that opened on 1 November 2023.  Every parameter of its world stands here.

What is written here is the truth that the product's numbers can be held against: until FIRST_EFFECT the purchases are
BG/NBD (Fader, Hardie, Lee 2005) and the order values Gamma-Gamma (Fader, Hardie 2013), and nothing else; what acts on them
from then on has its sizes in `effects.Effects`.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_analytics.rules import Rules

OPENED = date(2023, 11, 1)
LAST_DAY = date(2026, 10, 31)
DAYS = (LAST_DAY - OPENED).days + 1
YEARS = [(date(year, 11, 1) - OPENED).days for year in (2023, 2024, 2025, 2026)]  # borders of the three business years

RULES = Rules(
    company_name="Lumira",
    currency="€",
    targets={"satisfaction": 0.85, "repurchase_rate": 0.82, "churn_rate": 0.18, "complaint_hours_median": 24},
)

# Purchases.  A buyer orders at rate lambda ~ Gamma(R, ALPHA) per week and is lost after each repeat order with
# probability p ~ Beta(A, B).
R, ALPHA = 1.8, 14.0
A, B = 0.6, 8.0
CONTACTS = ([0, 120, 730, 1095], [2.2, 0.8, 0.62, 0.55])  # first contacts per day, relative: a launch, a slow decline
CONTACTS_SWING = 0.15  # first contacts swing by this share over the year, most of them at the end of November

# Value of an order ~ Gamma(P, nu), nu ~ Gamma(Q, GAMMA): mean P * GAMMA / (Q - 1) = 58.
P, Q, GAMMA = 5.0, 2.2, 13.92
DISCOUNTS = ([0.0, 0.1, 0.2], [0.82, 0.12, 0.06])

STATUSES = (["customer", "prospect", "suspect"], [0.88, 0.08, 0.04])
GUESTS = 0.01  # orders over the counter that name no customer, as a share of orders
CANCELLED = 0.012  # orders placed, cancelled and placed again the same day, as a share of orders

# Since when each effect acts; the sizes are those of `effects.Effects`.
FIRST_EFFECT = date(2024, 12, 1)
GIFT_WEEKS = [(date(year, 12, 1), date(year, 12, 24)) for year in (2024, 2025)]
PROGRAMME_FROM = date(2025, 2, 1)
JOINING = (
    0.4,
    0.2,
)  # chance to join the programme: the first, and the second times the buyer's rate over the mean rate

# Satisfaction.  `final` marks the order after which a buyer is lost by himself.
PRODUCT_GAIN = 0.25  # points on the product score since the third year
DELIVERY_LOSS = 0.15  # points on the delivery score in the third year
FINAL_LOSS = 0.7  # points on the scores of a final order
COMPLAINT_LOSS = 0.8  # points on the service score of an order that is complained about
ANSWERED = 0.11  # share of orders that are followed by a questionnaire
WEIGHTS = {"product": 0.45, "service": 0.35, "delivery": 0.20}  # of the answers about the dimensions in the overall one

# Complaints.  One that waits longer than SLOW_HOURS may drive its buyer away; service is short of staff in the third year.
COMPLAINED = 0.04  # share of orders that are followed by a complaint
RESOLUTION_HOURS = [20.0, 21.0, 36.0]  # median per business year
SLOW_HOURS = 48
REASONS = {  # what the lost say who told why: those whom a complaint drove away, and those who left by themselves
    "complaint": {"service": 0.8, "communication": 0.2},
    "base": {"price": 0.27, "communication": 0.24, "product": 0.17, "need": 0.17, "competitor": 0.15},
}

# Campaigns: (name, kind, first day, days, channel, audience, share asked, share held back as control, cost per person).
CAMPAIGNS = [
    ("Winter care", "promotion", date(2025, 1, 15), 21, "email", "recent", 0.40, 0.2, 0.12),
    ("Spring colours", "promotion", date(2025, 4, 2), 21, "sms", "recent", 0.40, 0.2, 0.12),
    ("Come back", "winback", date(2025, 5, 20), 30, "phone", "lapsed", 0.70, 0.3, 2.40),
    ("Double points", "points", date(2025, 9, 9), 14, "app", "recent", 0.35, 0.2, 0.08),
    ("Come back", "winback", date(2025, 11, 18), 30, "phone", "lapsed", 0.70, 0.3, 2.40),
    ("Anniversary evening", "event", date(2026, 2, 7), 1, "shop", "valuable", 0.50, 0.2, 9.00),
    ("Spring colours", "promotion", date(2026, 4, 1), 21, "email", "recent", 0.40, 0.2, 0.12),
    ("Double points", "points", date(2026, 5, 5), 14, "app", "recent", 0.35, 0.2, 0.08),
    ("Come back", "winback", date(2026, 6, 9), 30, "sms", "lapsed", 0.70, 0.3, 0.35),
    ("Autumn rituals", "promotion", date(2026, 9, 15), 21, "email", "recent", 0.40, 0.2, 0.12),
]
WINBACK_AGAIN = 0.5  # share of the buyers won back who order once more, 30 to 120 days later

# Costs of a month as a share of its revenue, and how they reach the tiers.
COSTS = [
    ("marketing", 0.150, "per_head"),
    ("sales", 0.110, "activity"),
    ("service", 0.070, "per_head"),
    ("overhead", 0.130, "revenue"),
]

REGIONS = {
    "North": ["Harbourton", "Fellgate"],
    "East": ["Marlow Quay", "Saltmere"],
    "South": ["Westbrook", "Orchard Hill", "Lindale"],
    "West": ["Stonebridge", "Cape Rowan"],
    "Central": ["Kingsmead", "Ashford Green", "Millbank"],
}
OWNERS = ["Sam Reed", "Mina Cole", "Leo Hart", "Ida Park", "Noah Lind", "Eva Moss"]
CHANNELS = (["Online", "Counter", "Mall", "Social"], [0.45, 0.25, 0.18, 0.12])
BRANDS = ["Aster", "Belmira", "Corallo", "Dune", "Evia"]
NEEDS = ["moisturising", "anti-ageing", "brightening", "sensitive skin", "sun protection", "long-wear make-up"]
CATEGORIES = {  # share of lines, cheapest and dearest article, cost as a share of price, articles
    "Skin care": (0.34, 9, 120, 0.34, "Cleanser|Toner|Day cream|Night cream|Serum|Eye cream|Face oil|Mask|Peeling|Repair set"),
    "Make-up": (0.26, 6, 70, 0.38, "Lip balm|Mascara|Lipstick|Eyeliner|Blush|Powder|Primer|Concealer|Foundation|Palette"),
    "Hair care": (0.14, 5, 48, 0.45, "Shampoo|Conditioner|Hair spray|Styling foam|Hair mask|Scalp tonic|Hair oil|Colour|Keratin|Salon kit"),
    "Fragrance": (0.12, 18, 165, 0.36, "Body mist|Cologne|Eau fraiche|Roll-on|Toilette|Travel set|Parfum|Extrait|Gift set|Limited edition"),
    "Body care": (0.09, 4, 40, 0.48, "Soap|Hand cream|Shower gel|Deodorant|Body lotion|Foot balm|Scrub|Bath salt|Body butter|Spa set"),
    "Sun care": (0.05, 8, 52, 0.42, "Lip shield|After sun|SPF 15|SPF 20|SPF 30|SPF 50|Face SPF 50|Self tan|Kids SPF 50|Sun set"),
}  # fmt: skip


def catalogue() -> pd.DataFrame:
    """The articles.  One row per article: sku, product, category, brand, unit_cost, price on the opening day."""
    rows = []
    for category, (_, low, high, cost_share, names) in CATEGORIES.items():
        names = names.split("|")
        for place, name in enumerate(names):
            price = round(low * (high / low) ** (place / (len(names) - 1)) * 2) / 2 - 0.05
            sku = f"SKU-{1001 + len(rows)}"
            brand = BRANDS[(place * 3 + len(category)) % len(BRANDS)]
            rows.append((sku, f"{brand} {name}", category, brand, round(price * cost_share, 2), price))
    return pd.DataFrame(rows, columns=["sku", "product", "category", "brand", "unit_cost", "price"])


def contacts() -> np.ndarray:
    """First contacts of each day, relative to one another."""
    days = np.arange(DAYS)
    return np.interp(days, *CONTACTS) * (1 + CONTACTS_SWING * np.cos(2 * np.pi * (days - 28) / 365.25))


def business_year(day) -> np.ndarray:
    """0, 1 or 2 for days since the opening."""
    return np.clip(np.searchsorted(YEARS, np.asarray(day), side="right") - 1, 0, 2)


def moment(days) -> np.ndarray:
    """Days since the opening, with a fraction, as a time to the minute."""
    minutes = np.floor(np.asarray(days, dtype=float) * 1440).astype("int64")
    return (np.datetime64(OPENED, "s") + (minutes * 60).astype("timedelta64[s]")).astype("datetime64[s]")


def day_of(day: date) -> int:
    """Days since the opening."""
    return (day - OPENED).days


def date_of(days) -> np.ndarray:
    """Whole days since the opening as dates."""
    return np.datetime64(OPENED, "D") + np.asarray(days).astype("int64")


def month_starts() -> list[date]:
    """The first days of the months the company has been open."""
    months, day = [], OPENED
    while day <= LAST_DAY:
        months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return months


def pick(rng, values, shares=None, size=None) -> np.ndarray:
    """Draws from a few values with shares that need not sum to one."""
    shares = np.ones(len(values)) if shares is None else np.asarray(shares, dtype=float)
    places = np.searchsorted(np.cumsum(shares) / shares.sum(), rng.random(size), side="right")
    return np.array(values, dtype=object)[np.minimum(places, len(values) - 1)]


def where(condition, values) -> np.ndarray:
    """The values where the condition holds, else nothing: empty cells of the export."""
    return np.where(condition, np.asarray(values, dtype=object), None)
