"""Storage: data folders are formatted as Kafka's own tool formats them."""

import stat
from pathlib import Path

import pytest

from checkout.local_kafka.broker_config import broker_configs
from checkout.local_kafka.download import class_path, no_progress
from checkout.local_kafka.storage import format_storage, run_storage_tool


@pytest.mark.kafka
def test_a_folder_is_formatted_as_the_storage_tool_does(kafka_home: Path, port_base: int, tmp_path: Path) -> None:
    [broker] = broker_configs(kafka_home, port_base, 1)
    jars = class_path(no_progress)
    format_storage(broker, "K" * 22, jars)

    expected = run_storage_tool(tmp_path, jars)

    names = [sorted(file.name for file in folder.iterdir()) for folder in (expected, broker.data_folder)]
    assert names[0] == names[1]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (broker.data_folder, broker.data_folder / names[1][0])]
    assert (names[1][0], modes) == ("bootstrap.checkpoint", [0o700, 0o600])
    assert keys_in(expected / "meta.properties") == keys_in(broker.data_folder / "meta.properties")


def keys_in(file: Path) -> set[str]:
    return {line.partition("=")[0] for line in file.read_text().splitlines() if not line.startswith("#")}
