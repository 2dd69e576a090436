"""Access rules: the commands of Kafka's own tool."""

from checkout.messaging.security.access_rules import GROUP, READ, TOPIC, WRITE, AccessRule, commands


def test_resources_with_the_same_operations_share_a_command() -> None:
    rules = [
        AccessRule("stock", TOPIC, "spoons", (READ, WRITE)), AccessRule("stock", TOPIC, "mugs", (READ, WRITE)),
        AccessRule("stock", TOPIC, "gnomes", (READ,)), AccessRule("stock", GROUP, "stock", (READ,)),
        AccessRule("orders", GROUP, "orders", (READ,)),
    ]  # fmt: skip

    assert [*commands(rules, "--bootstrap-server K")] == [
        "kafka-acls.sh --bootstrap-server K --add --allow-principal User:stock --operation Read --operation Write "
        "--topic spoons --topic mugs",
        "kafka-acls.sh --bootstrap-server K --add --allow-principal User:stock --operation Read --topic gnomes",
        "kafka-acls.sh --bootstrap-server K --add --allow-principal User:stock --operation Read --group stock",
        "kafka-acls.sh --bootstrap-server K --add --allow-principal User:orders --operation Read --group orders",
    ]


def test_names_are_quoted_for_the_shell() -> None:
    [command] = commands([AccessRule("a user", TOPIC, "x; rm -r .", (READ,))], "")

    assert command.endswith("'User:a user' --operation Read --topic 'x; rm -r .'")
