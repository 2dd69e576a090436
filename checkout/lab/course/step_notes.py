"""Step notes: the purpose of each step of each story, in a sentence or two."""

TO_STOCK = {
    1: "The web app sends the order over HTTP and waits for the response: a person is waiting, too.",
    2: "The gateway has validated the request and forwards it. Orders answers 201 once the order is in its database, "
    "before Stock has checked the products.",
    3: "Orders publishes the new order without naming a receiver. The record stays on its topic, read or not.",
    4: "Stock subscribes to new orders. Kafka keeps its group's committed offset, and delivers from there on.",
}  # fmt: skip
TO_PAYMENTS = TO_STOCK | {
    5: "Stock has reserved the products, so that no other order can have them, and publishes on a topic of its own.",
    6: "Orders receives the reservation with the prices, which only Stock's catalogue has.",
    7: "Orders requests the payment. It knows neither which service processes it nor how.",
    8: "Payments subscribes to these requests. A legacy system or a cloud function could take its place.",
    9: "The payment broker is another company, called over HTTP. Retries carry the same idempotency key, "
    "so that a card is charged once.",
}  # fmt: skip
NOTES = {
    "ordering": TO_PAYMENTS | {
        10: "The card is charged. Payments publishes that, and has no more to do.",
        11: "Orders receives the payment, and approves the order.",
        12: "Orders publishes the approval once, however many groups read it.",
        13: "One record, three consumer groups: Stock decreases the stock, Shipments starts the delivery, "
        "Notifications writes an e-mail. None of them waits for another.",
        14: "Two calls leave the store: the shipment company books the parcel, and the customer gets an e-mail.",
    },
    "ordering-sold-out": TO_STOCK | {
        5: "Stock cannot reserve all products. A refusal is an event like any other, on a topic of its own.",
        6: "Two groups read the refusal: Orders rejects the order, Notifications writes the apology.",
        7: "The customer gets an apology. No card is charged: the payment is requested only after a reservation.",
    },
    "ordering-payment-denied": TO_PAYMENTS | {
        10: "The payment broker has denied the payment. Payments publishes the refusal and its reason.",
        11: "Three groups read it: Orders rejects the order, Stock releases the products, Notifications writes "
        "to the customer. No central coordinator calls them: this is choreography.",
        12: "The customer receives the reason for the rejection.",
    },
}  # fmt: skip
