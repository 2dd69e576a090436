"""Mermaid: recorded arrows as a sequence diagram that Mermaid can parse, whatever their names are."""

import re

from checkout.c4.draw import ObservedArrow
from checkout.c4.notations.mermaid import mermaid_source

ARROWS = [
    ObservedArrow(2, "kafka", "stock", "order.new", "OrderReceived"),
    ObservedArrow(2, "kafka", "payments", "order.new", "OrderReceived"),
    ObservedArrow(1, "orders", "kafka", "order.new", "OrderReceived"),
    ObservedArrow(3, "stock", "customer", "", "SendEmail"),
]


def test_arrows_are_in_step_order_and_those_of_one_step_in_a_par_block() -> None:
    assert mermaid_source(ARROWS) == (
        "sequenceDiagram\n"
        "    participant orders as orders\n"
        "    participant kafka as kafka\n"
        "    participant stock as stock\n"
        "    participant payments as payments\n"
        "    participant customer as customer\n"
        "    orders->>kafka: 1. order received [order.new]\n"
        "    par step 2\n"
        "        kafka->>stock: 2. order received [order.new]\n"
        "    and\n"
        "        kafka->>payments: 2. order received [order.new]\n"
        "    end\n"
        "    stock->>customer: 3. send email\n"
    )


def test_names_cannot_be_statements_or_equal() -> None:
    arrows = [ObservedArrow(1, "End", "a-b", "", "X"), ObservedArrow(2, "a.b", "a b", "", "X"),
              ObservedArrow(3, "", "é", "", "X")]  # fmt: skip

    names = re.findall(r"participant (\S+) as", mermaid_source(arrows))

    assert names == ["End_", "a_b", "a_b_", "a_b__", "_", "__"]


def test_text_is_one_line_without_syntax() -> None:
    hostile = "x; end\nloop <script>#35;%%{init: 1}%%"
    source = mermaid_source([ObservedArrow(1, hostile, "b", hostile, hostile)])

    assert len(source.split("\n")) == 5
    assert not re.search(r"[<>&%{}]|#(?!\d+;)|(?<!\d);", source.replace("->>", ""))
