"""Effects: counts in the databases of the services what a number of orders has led to."""

from collections.abc import Callable

from sqlalchemy import Connection, NullPool, create_engine, text

from checkout.processes.shop_file import ShopError

STOCK = 1_000_000_000  # of each product
EFFECTS = {  # by service: a query whose result is the number of orders
    "orders": "SELECT count(*) FROM orders WHERE status = 'APPROVED'",
    "stock": f"SELECT sum({STOCK} - on_hand) FROM products",  # of orders with one spoon
    "payments": "SELECT count(*) FROM payments WHERE status = 'CHARGED'",
    "shipments": "SELECT count(*) FROM shipments WHERE status = 'BOOKED'",
    "notifications": "SELECT count(*) FROM mails WHERE status = 'SENT'",
}
HANDLED = {"orders": 2, "stock": 2, "payments": 2, "shipments": 2, "notifications": 2}  # inbox rows of an order
OPEN = "SELECT count(*) FROM outbox WHERE done_at IS NULL"


def check_effects(url_of: Callable[[str], str], orders: int, spoons: int) -> None:
    """Raises ShopError unless each order had each effect once, each message is in an inbox, and all were sent.

    `url_of` returns the URL of a service's database, `spoons` is the quantity ordered in total.
    """
    for name, query in EFFECTS.items():
        with create_engine(url_of(name), poolclass=NullPool).connect() as db:
            _expect(db, name, query, spoons if name == "stock" else orders)
            _expect(db, name, "SELECT count(*) FROM inbox", HANDLED[name] * orders)
            _expect(db, name, OPEN, 0)


def _expect(db: Connection, name: str, query: str, expected: int) -> None:
    found = db.execute(text(query)).scalar_one()
    if found != expected:
        raise ShopError(f"{name} has {found} instead of {expected}: {query}")
