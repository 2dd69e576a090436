"""More faults for the order doctor, on real processes; too slow for every push."""

from typing import Any

import pytest
from stories.conftest import new_store, shopper, store  # noqa: F401 - fixtures
from stories.test_order_doctor import OTHER_FAULTS, Fault, assert_named

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("fault", OTHER_FAULTS, ids=lambda fault: f"{fault.of} {fault.words}")
def test_a_fault_is_named_while_the_order_waits(shopper: Any, fault: Fault) -> None:  # noqa: F811
    assert_named(shopper, fault)
