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
TO_APPROVAL = TO_PAYMENTS | {
    10: "The card is charged. Payments publishes that, and has no more to do.",
    11: "Orders receives the payment, and approves the order.",
    12: "Orders publishes the approval once, however many groups read it.",
    13: "One record, three consumer groups: Stock decreases the stock, Shipments starts the delivery, "
    "Notifications writes an e-mail. None of them waits for another.",
}
UNTIL_REQUESTED = {step: TO_PAYMENTS[step] for step in range(1, 8)}
CANCELLATION = {
    8: "Payments has the request, and at the same time the customer cancels the order over HTTP.",
    9: "Orders alone decides how an order ends. Not approved yet, so it can be cancelled; otherwise the answer is 409.",
    10: "Orders publishes the cancellation once, on a topic that Stock and Notifications subscribe to.",
    11: "Stock makes the products available again, Notifications writes to the customer.",
    12: "The customer reads that the order is cancelled, and why.",
}
LATE_PAYMENT = UNTIL_REQUESTED | {
    8: CANCELLATION[8],
    9: "The cancellation reaches Orders while Payments is charging the card: neither knows of the other.",
    10: "Two records cross: Orders has cancelled the order, Payments has charged it.",
    11: "Orders receives a payment for an order that it has cancelled. Stock and Notifications read the cancellation.",
    12: "The money has to go back: Orders requests a refund. The customer reads that the order is cancelled.",
    13: "Payments receives the request, as it received the one for the payment.",
    14: "The payment broker is asked to refund what it has charged, with an idempotency key again.",
}
NOTES = {
    "ordering": TO_APPROVAL | {
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
    "ordering-cancelled": UNTIL_REQUESTED | CANCELLATION,
    "ordering-expired": UNTIL_REQUESTED | CANCELLATION | {
        8: "Payments does not answer in time. A timer of Stock finds products that have been reserved for too long, "
        "and publishes that. It keeps them reserved: Orders has not decided yet.",
        9: "Orders receives the expiry. Had the payment come first, the order would be approved, "
        "and the expiry ignored.",
        12: "The customer gets an apology. A payment that arrives later is refunded.",
    },
    "ordering-late-payment": LATE_PAYMENT | {
        15: "The card is refunded. Payments publishes that.",
        16: "Orders closes the order as refunded; Notifications writes to the customer.",
        17: "The customer has a second e-mail: the money is on its way.",
    },
    "ordering-refund-refused": LATE_PAYMENT | {
        15: "The payment broker refuses the refund. No retry will change that, so a person has to act.",
        16: "Orders shows the order as NEEDS_OPERATOR, with the reason. No e-mail reports a refund.",
    },
    "ordering-parcel-refused": TO_APPROVAL | {
        14: "The shipment company refuses the parcel. At the same time the customer reads that the order is approved.",
        15: "Shipments publishes the refusal and its reason.",
        16: "Orders has approved this order, and learns that it cannot be delivered.",
        17: "Orders publishes two records: the order is cancelled, and the payment is to be refunded.",
        18: "Stock adds the products to its stock again, Payments receives the request for the refund, "
        "Notifications the cancellation.",
        19: "The customer reads why the order is cancelled, while the payment broker is asked for the refund.",
        20: "The card is refunded. Payments publishes that.",
        21: "Orders closes the order as refunded; Notifications writes to the customer.",
        22: "The third e-mail of this order: the money is on its way.",
    },
}  # fmt: skip
