"""Rules: what each service does with the messages of a batch that have the same source, as plain functions."""

from collections.abc import Iterator, Sequence
from sqlite3 import Connection
from typing import Any

import messages
import msgspec
from messages import Delivery, Line, Message, OutOfStock, Payment, Product, encode, to_cents

LARGEST_QUANTITY, LARGEST_ORDER, LARGEST_AMOUNT = 1_000, 1_000, 100_000_000  # of a product, in lines, in cents
MAILS = {  # by topic: kind, subject and first sentence
    messages.APPROVED: ("approved", "Your order is on its way", "your order is approved and on its way"),
    messages.UNAVAILABLE: ("unavailable", "We are sorry: we cannot deliver your order", "we cannot deliver your order"),
    messages.UNPAID: ("denied", "We are sorry: your payment was denied", "your payment was denied"),
}
AMONG = "IN (SELECT value FROM json_each(?))"
decode_quantities = msgspec.json.Decoder(dict[int, int]).decode
Batch = Sequence[Delivery]
Answers = Iterator[tuple[Delivery, str, Any]]  # a message, the destination of its answer, the answer


def reserve(db: Connection, batch: Batch) -> Answers:
    """Stock, steps 4-5: reserves the products of each order, or answers why they cannot be reserved."""
    products = {row[0]: Product(*row) for row in db.execute("SELECT sku, name, price, on_hand, reserved FROM products")}
    reservations = []
    for delivery in batch:
        order = delivery.body
        try:
            lines = [_priced(products, line) for line in order.products]
            quantities = _hold(products, lines)
        except OutOfStock as error:
            reservations.append((order.id, b"{}", "REFUSED"))
            yield delivery, messages.UNAVAILABLE, Message(*order.customer, message=str(error))
        else:
            reservations.append((order.id, encode(quantities), "HELD"))
            total = sum(products[sku].price * quantity for sku, quantity in quantities.items()) / 100
            payment = Payment(order.payment.payment_method)
            yield delivery, messages.RESERVED, messages.Order(*order.customer, payment, total, products=lines)
    db.executemany("UPDATE products SET reserved = ? WHERE sku = ?", [(p.reserved, p.sku) for p in products.values()])
    db.executemany("INSERT INTO reservations VALUES (?, ?, ?)", reservations)


def _priced(products: dict[int, Product], line: Line) -> Line:
    product = products.get(line.sku)
    if product is None:
        raise OutOfStock(f"there is no product {line.sku}")
    if not 1 <= line.quantity <= LARGEST_QUANTITY:
        raise OutOfStock(f"the quantity of {product.name} is {line.quantity}: it must be 1 to {LARGEST_QUANTITY:,}")
    if line.price is not None and to_cents(line.price) != product.price:
        raise OutOfStock(f"the price of {product.name} is {product.price / 100:.2f}, not {line.price:.2f}")
    return Line(product.sku, product.name, product.price / 100, line.quantity)


def _hold(products: dict[int, Product], lines: Sequence[Line]) -> dict[int, int]:
    if not 1 <= len(lines) <= LARGEST_ORDER:
        raise OutOfStock(f"the order has more than {LARGEST_ORDER:,} lines" if lines else "the order has no products")
    quantities: dict[int, int] = {}
    for line in lines:
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
    for sku, quantity in quantities.items():
        name, available = products[sku].name, products[sku].on_hand - products[sku].reserved
        if quantity > available:
            raise OutOfStock(f"there are only {available} of {name} left" if available > 0 else f"{name} is sold out")
    for sku, quantity in quantities.items():
        products[sku].reserved += quantity
    return quantities


def end_reservation(db: Connection, batch: Batch) -> None:
    """Stock, step 13: decreases the stock by what was reserved; step 11, payment denied: releases it."""
    status, is_sold = ("SOLD", 1) if batch[0].source == messages.APPROVED else ("RELEASED", 0)
    end = f"UPDATE reservations SET status = '{status}' WHERE status = 'HELD' AND order_id {AMONG} RETURNING quantities"
    ended: dict[int, int] = {}
    for (quantities,) in _update_all(db, end, batch):
        for sku, quantity in decode_quantities(quantities).items():
            ended[sku] = ended.get(sku, 0) + quantity
    update = "UPDATE products SET reserved = reserved - ?1, on_hand = on_hand - ?1 * ?2 WHERE sku = ?3"
    db.executemany(update, [(quantity, is_sold, sku) for sku, quantity in ended.items()])


def request_payment(db: Connection, batch: Batch) -> Answers:
    """Orders, steps 6-7: stores the order and requests the payment of the total that Stock has calculated."""
    rows = []
    for delivery in batch:
        order = delivery.body
        if order.total is None:
            rows.append((*order.customer, None, "REJECTED", "Stock named no price", None, None))
        else:
            method, total = order.payment.payment_method, order.total
            rows.append((*order.customer, method, "RESERVED", None, to_cents(total), bytes(order.products)))
            yield delivery, messages.REQUESTED, Message(*order.customer, Payment(method, total))
    db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def approve(db: Connection, batch: Batch) -> Answers:
    """Orders, steps 11-12: approves the order and publishes that."""
    columns = "id, customer_name, customer_email, payment_method, total, products"
    approve = f"UPDATE orders SET status = 'APPROVED' WHERE status = 'RESERVED' AND id {AMONG} RETURNING {columns}"
    rows = {row[0]: row for row in _update_all(db, approve, batch)}
    for delivery in batch:
        *customer, method, cents, products = rows[delivery.id]
        total, products = cents / 100, msgspec.Raw(products)
        yield delivery, messages.APPROVED, messages.Passed(*customer, Payment(method, total), total, products=products)


def reject(db: Connection, batch: Batch) -> None:
    """Orders, steps 6 and 11: rejects an order that is sold out, or not paid."""
    insert = "INSERT INTO orders (id, customer_name, customer_email, status, reason) VALUES (?, ?, ?, 'REJECTED', ?)"
    upsert = f"{insert} ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason"
    db.executemany(upsert, [(*delivery.body.customer, delivery.body.message) for delivery in batch])


def charge(db: Connection, batch: Batch) -> Answers:
    """Payments, steps 8-9: charges the card, or refuses an amount that cannot be charged."""
    rows = []
    for delivery in batch:
        request, method, total = delivery.body, delivery.body.payment.payment_method, delivery.body.payment.total
        if total is not None and 0 < to_cents(total) <= LARGEST_AMOUNT:
            rows.append((*request.customer, to_cents(total), method, "REQUESTED", None))
            yield delivery, messages.CHARGE, {"id": request.id, "amount": total, "method": method}
        else:
            reason = f"{total} is not an amount between 0.01 and {LARGEST_AMOUNT // 100:,}.00 EUR"
            rows.append((*request.customer, None, method, "DENIED", reason))
            yield delivery, messages.UNPAID, Message(*request.customer, message=reason)
    db.executemany("INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def settle(db: Connection, batch: Batch) -> Answers:
    """Payments, step 10: publishes the result of the charge."""
    denied = [(reply.body.reason, reply.id) for reply in batch if reply.body.reason]
    db.executemany("UPDATE payments SET reason = ? WHERE order_id = ?", denied)
    status = "status = iif(reason IS NULL, 'CHARGED', 'DENIED')"
    columns = "order_id, customer_name, customer_email, reason"
    settle = f"UPDATE payments SET {status} WHERE status = 'REQUESTED' AND order_id {AMONG} RETURNING {columns}"
    rows = {row[0]: row for row in _update_all(db, settle, batch)}
    for reply in batch:
        *customer, reason = rows[reply.id]
        if reason:
            yield reply, messages.UNPAID, Message(*customer, message=reason)
        else:
            yield reply, messages.PAID, Message(reply.id)


def book(db: Connection, batch: Batch) -> Answers:
    """Shipments, steps 13-14: books a parcel with the shipment company."""
    db.executemany("INSERT INTO shipments (order_id, status) VALUES (?, 'REQUESTED')", [(d.id,) for d in batch])
    for delivery in batch:
        contents = [Line(line.sku, line.name, None, line.quantity) for line in delivery.body.products]
        parcel = {"id": delivery.id, "customerName": delivery.body.customer_name, "products": contents}
        yield delivery, messages.BOOK, parcel


def note_parcel(db: Connection, batch: Batch) -> None:
    """Shipments, after step 14: stores the number of the parcel."""
    update = "UPDATE shipments SET status = 'BOOKED', parcel = ? WHERE order_id = ?"
    db.executemany(update, [(reply.body.number, reply.id) for reply in batch])


def notify(db: Connection, batch: Batch) -> Answers:
    """Notifications, steps 13-14, 6-7 and 11-12: confirms the order, or apologizes with the reason."""
    kind, subject, sentence = MAILS[batch[0].source]
    rows = [(d.id, kind, "REQUESTED" if d.body.customer_email else "NO ADDRESS") for d in batch]
    db.executemany("INSERT INTO mails (order_id, kind, status) VALUES (?, ?, ?)", rows)
    for delivery in batch:
        id, name, email = delivery.body.customer
        if email:
            head, foot = f"Dear {name or 'customer'},\n\n{sentence}:", f"Your order: {id}\nAwesome Online Store\n"
            mail = {"id": id, "kind": kind, "customerName": name, "customerEmail": email, "subject": subject}
            yield delivery, messages.SEND, mail | {"text": f"{head} {_details(delivery.body)}\n\n{foot}"}


def _details(message: Any) -> str:
    if message.message:
        return f"{message.message}.\nNothing was charged."
    lines = (f"\n  {line.quantity} x {line.name}, {line.price or 0:.2f} EUR each" for line in message.products)
    return f"\n{''.join(lines)}\n\nYou paid {message.total or 0:.2f} EUR."


def note_mail(db: Connection, batch: Batch) -> None:
    """Notifications, after the e-mail: stores that the mail server accepted it."""
    update = f"UPDATE mails SET status = 'SENT' WHERE status = 'REQUESTED' AND order_id {AMONG} RETURNING order_id"
    _update_all(db, update, batch)


def _update_all(db: Connection, update: str, batch: Batch) -> list[Any]:
    rows = db.execute(update, (encode([delivery.id for delivery in batch]),)).fetchall()
    if len(rows) < len(batch):
        raise LookupError(f"{len(batch) - len(rows)} orders are unknown, or in another status: {update}")
    return rows
