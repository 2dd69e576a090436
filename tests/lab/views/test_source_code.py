"""Source code: a notebook shows the file as it is."""

import sys
from html import escape
from typing import Any

import pytest

from checkout import cli, worker
from checkout.framework import message
from checkout.lab.errors import LabError
from checkout.lab.views.source_code import ROOT, show
from checkout.messages import ChargeCard
from checkout.services import payments, web
from checkout.services.payments import Payments

PAYMENTS = "checkout/services/payments.py"


def test_a_handler_is_shown_with_its_decorator_and_without_its_indent() -> None:
    shown = repr(show(Payments.settle)).splitlines()

    assert shown[:2] == [f"# {PAYMENTS}", "@reply_to(ChargeCard)"]
    assert shown[2].startswith("def settle(self, payments")
    assert shown[-1] == "        yield PaymentProcessed(payment.order_id)"


def test_a_module_is_shown_as_in_its_file() -> None:
    shown = show(payments)

    assert (shown.file, shown.code) == (PAYMENTS, (ROOT / PAYMENTS).read_text().rstrip())


@pytest.mark.parametrize(
    ("thing", "file", "first"),
    [
        (ChargeCard, "checkout/messages.py", '@on_endpoint("payment_broker", "HTTP, POST /charges"'),
        (Payments(), PAYMENTS, "class Payments(Service):"),
        (Payments().settle, PAYMENTS, "@reply_to(ChargeCard)"),
        (message.encode, "checkout/framework/message.py", "def encode("),
        (cli, "checkout/cli/__init__.py", '"""'),
    ],
)
def test_classes_objects_functions_and_packages_have_their_source(thing: Any, file: str, first: str) -> None:
    shown = show(thing)

    assert (shown.file, shown.code.startswith(first)) == (file, True)


@pytest.mark.parametrize(
    ("thing", "name"), [(5, "int"), (len, "len"), ("checkout", "str"), (sys, "sys"), (pytest.raises, "raises")]
)
def test_code_of_another_package_is_refused_by_name(thing: Any, name: str) -> None:
    with pytest.raises(LabError, match=f"{name} is not part of the store: show a class"):
        show(thing)


@pytest.mark.parametrize("thing", [worker, payments.Payment.__init__])
def test_generated_code_has_no_source(thing: Any) -> None:
    with pytest.raises(LabError, match=f"{thing.__name__} has no source"):
        show(thing)


def test_html_has_colours_in_its_tags_and_the_same_code() -> None:
    shown = show(Payments.settle)

    html = shown._repr_html_()

    assert PAYMENTS in html and "<style" not in html and 'class="k' not in html
    assert 'font-weight: bold">def</span>' in html
    assert escape("PaymentProcessed(payment") in html.replace('<span style="color: #666">.</span>', ".")


def test_markup_in_the_code_is_text() -> None:
    html = show(web)._repr_html_()

    assert "<form method=post" not in html and "&lt;form" in html


@pytest.mark.parametrize("thing", [Payments, payments, Payments.charge])
def test_what_is_shown_names_no_place_on_this_machine(thing: Any) -> None:
    shown = show(thing)

    output = repr(shown) + shown._repr_html_()
    assert str(ROOT) not in output and sys.prefix not in output
