"""Download: what happens without a network."""

from pathlib import Path

import pytest

from checkout.local_kafka.cluster import KafkaUnavailable, acquire


def test_the_first_start_without_a_network_names_the_remedy(
    kafka_home: Path, port_base: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    actions = []

    with pytest.raises(KafkaUnavailable, match="Maven Central does not answer .* connect to a network once"):
        acquire(kafka_home, port_base, on_progress=lambda what, share: actions.append(what))

    assert actions[0] == "fetching Apache Kafka 4.3.1"
