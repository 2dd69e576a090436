"""Gateway, fuzzed: Schemathesis makes requests from the OpenAPI document, and checks the responses against it.

Orders are placed, read and cancelled in a row; behind the gateway are all services, with an in-memory broker.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from services.shop_over_http import ShopOverHttp, shop_over_http

FUZZING = Path(__file__).parent / "fuzzing"
SEED, EXAMPLES = 14, 20
LONGEST = 150  # seconds


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopOverHttp]:
    with shop_over_http(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.mark.slow
@pytest.mark.timeout(LONGEST + 30)
def test_schemathesis_finds_no_response_that_the_document_does_not_describe(shop: ShopOverHttp, tmp_path: Path) -> None:
    command = [
        Path(sys.executable).parent / "schemathesis", "--config-file", FUZZING / "schemathesis.toml", "run",
        f"{shop.url}/schema/openapi.json", "--seed", str(SEED), "--max-examples", str(EXAMPLES),
    ]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "valid_requests", "PYTHONPATH": str(FUZZING), "COLUMNS": "200"}

    run = subprocess.run(command, cwd=tmp_path, env=environment, timeout=LONGEST, capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr
    [cases] = re.findall(r"(\d+) generated", run.stdout)
    [links] = re.findall(r"(\d+) covered", run.stdout)
    assert int(cases) >= 200 and int(links) >= 4, run.stdout  # read and cancelled after being placed
    assert "6 selected / 6 total" in run.stdout
    assert shop.reported, "no order was accepted"


def test_the_document_describes_amounts_errors_links_and_the_token(shop: ShopOverHttp) -> None:
    document = httpx.get(f"{shop.url}/schema/openapi.json").json()

    schemas, paths = document["components"]["schemas"], document["paths"]
    post = paths["/api/v1/order-management/orders"]["post"]
    assert {"type": "number", "minimum": 0.0, "maximum": 1e6, "description": "EUR"} in schemas["OrderResponse"][
        "properties"]["total"]["oneOf"]
    assert set(post["responses"]) == {"201", "400", "413", "415", "422", "429", "503"}
    assert post["responses"]["201"]["links"].keys() == {"readOrder", "cancelOrder"}
    problem = {"$ref": "#/components/schemas/Problem"}
    assert post["responses"]["422"]["content"]["application/json"]["schema"] == problem
    assert paths["/api/v1/order-management/orders"]["get"]["security"] == [{"operator": []}]
    assert document["components"]["securitySchemes"]["operator"]["scheme"] == "bearer"


@pytest.mark.parametrize("path", ["/schema", "/schema/swagger", "/schema/redoc", "/schema/elements", "/schema/rapidoc"])
def test_there_is_no_page_that_loads_scripts_from_elsewhere(shop: ShopOverHttp, path: str) -> None:
    response = httpx.get(shop.url + path)

    assert response.status_code == 404 or "json" in response.headers["content-type"]
