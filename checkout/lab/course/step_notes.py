"""Notes: what each step of each story is for, in a sentence or two."""

TO_STOCK = {
    1: "The shop front sends what the customer wants. It asks over HTTP and waits: a person sits in front of it.",
    2: "The gateway has checked the request and passes it on. Orders answers 201 once the order is in its database, "
    "before anybody has looked for the products.",
    3: "Orders says that there is a new order, and does not say to whom. The record stays on its topic, read or not.",
    4: "Stock listens to new orders. Kafka remembers how far its group has read, and hands it the next record.",
}  # fmt: skip
TO_PAYMENTS = TO_STOCK | {
    5: "Stock has set the products aside, so that nobody else is promised them, and answers on a topic of its own.",
    6: "Orders learns that the products are reserved, and at which prices. Only Stock's catalogue names a price.",
    7: "Orders asks for the payment. It knows neither who will do that nor how.",
    8: "Payments listens to these requests. A legacy system or a function in a cloud could stand here instead.",
    9: "The payment broker is another company, asked over HTTP. The same key goes with every repeat, "
    "so that a card is charged once.",
}  # fmt: skip
NOTES = {
    "ordering": TO_PAYMENTS | {
        10: "The card is charged. Payments publishes that, and its part is done.",
        11: "Orders learns that the order is paid, and approves it.",
        12: "Orders publishes the approval once. How many listen makes no difference to it.",
        13: "One record, three groups: Stock takes the products off its shelves, Shipments starts the delivery, "
        "Notifications writes to the customer. None of them waits for another.",
        14: "Two calls leave the store: the shipment company books the parcel, and the customer gets an e-mail.",
    },
    "ordering-sold-out": TO_STOCK | {
        5: "Stock cannot keep all that was wanted. A refusal is an event like any other, on a topic of its own.",
        6: "Whoever cares about the refusal listens: Orders rejects the order, Notifications prepares the apology.",
        7: "The customer gets an apology. Nobody has been charged: the payment is only asked for after step 6.",
    },
    "ordering-payment-denied": TO_PAYMENTS | {
        10: "The payment broker has said no. Payments publishes the refusal and the reason.",
        11: "Three listen: Orders rejects the order, Stock puts the products back, Notifications prepares a letter. "
        "Nobody has told them to; there is no conductor.",
        12: "The customer learns why the order has ended.",
    },
}  # fmt: skip
