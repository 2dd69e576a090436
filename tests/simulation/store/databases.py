"""Databases: those of the five services, in memory, emptied for each schedule."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import text

from checkout.domain import Product
from checkout.framework.service import Service
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.shipments import Shipments
from checkout.services.stock import Stock
from checkout.worker.database import ServiceDatabase

HOLD = 60.0  # seconds after which a reservation expires
CATALOGUE = (  # few of each, so that orders compete
    Product(1, "Wooden spoon", Decimal("5.00"), on_hand=6),
    Product(2, "Enamel mug", Decimal("8.50"), on_hand=3),
    Product(3, "Garden gnome", Decimal("30.00"), on_hand=0),
    Product(4, "Oak table", Decimal("950.00"), on_hand=2),
    Product(5, "Copper kettle", Decimal("64.90"), on_hand=2),
)


def new_services() -> dict[str, Service]:
    """The services of a simulated store, by name."""
    services: Sequence[Service] = (Orders(), Stock(CATALOGUE, HOLD), Payments(), Shipments(), Notifications())
    return {service.name: service for service in services}


class Databases:
    """One database for each service. New ones for each schedule would compile their statements anew."""

    def __init__(self) -> None:
        self.by_name = {name: ServiceDatabase("sqlite://", service) for name, service in new_services().items()}

    def reset(self) -> None:
        """Empties all tables and fills them as at the first start."""
        for name, service in new_services().items():
            with self.by_name[name].begin() as db:
                for (table,) in db.exec_driver_sql("select name from sqlite_master where type = 'table'").all():
                    db.execute(text(f"delete from {table}"))
                service.seed(db)

    def close(self) -> None:
        """Closes all connections."""
        for database in self.by_name.values():
            database.close()
