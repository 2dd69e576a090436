"""HTTP servers: every external system of the store can be served."""

from checkout.lab.programs.http_servers import APPLICATIONS
from checkout.registry import STORE


def test_every_external_system_has_an_application() -> None:
    assert set(APPLICATIONS) == set(STORE.external_systems)
