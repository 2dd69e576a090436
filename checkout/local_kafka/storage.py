"""Storage: formats the data folders of new brokers as Kafka's StorageTool does, without starting Java for each."""

import base64
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from checkout.local_kafka import security
from checkout.local_kafka.broker_config import BrokerConfig, broker_configs
from checkout.local_kafka.broker_process import JVM_FLAGS
from checkout.local_kafka.download import derived_folder
from checkout.system.java import JAVA


def random_uuid() -> str:
    """Returns an id for a cluster or a folder in Kafka's notation, without a leading dash, which marks an option."""
    return "K" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


def format_storage(broker: BrokerConfig, cluster_id: str, jars: str) -> None:
    """Writes the server properties, and formats the data folder unless it is formatted. `jars` is the class path."""
    broker.log_file.parent.mkdir(parents=True, exist_ok=True)
    broker.data_folder.mkdir(parents=True, exist_ok=True)
    broker.data_folder.chmod(0o700)  # the records, and on a secured Kafka what passwords can be guessed from
    security.write_secret(broker.properties_file, broker.properties())
    meta = broker.data_folder / "meta.properties"
    if not meta.exists():
        checkpoint = _checkpoint_with_users(broker.home, jars) or _bootstrap_checkpoint(jars)
        shutil.copyfile(checkpoint, broker.data_folder / checkpoint.name)
        (broker.data_folder / checkpoint.name).chmod(0o600)
        ids = f"cluster.id={cluster_id}\ndirectory.id={random_uuid()}\nnode.id={broker.number}\n"
        security.write_secret(meta, f"{ids}version=1\n")


def run_storage_tool(home: Path, jars: str, more: str = "") -> Path:
    """Formats the data folder of a single broker in `home` with Kafka's StorageTool, and returns that folder.

    `more`: further arguments of the tool, one a line, passed in a file that only this user can read.
    """
    [broker] = broker_configs(home, 1, 1)
    broker.data_folder.mkdir(parents=True)
    broker.properties_file.write_text(broker.properties())
    tool = [JAVA, *JVM_FLAGS, "-cp", jars, "kafka.tools.StorageTool"]
    arguments = ["format", "--cluster-id", random_uuid(), "--config", str(broker.properties_file)]
    if more:
        security.write_secret(home / "arguments", more)
        arguments.append(f"@{home / 'arguments'}")
    subprocess.run([*tool, *arguments], check=True, capture_output=True, timeout=60)
    return broker.data_folder


def _checkpoint_with_users(home: Path, jars: str) -> Path | None:
    # All brokers of a secured cluster need the same one: it has the salts of the passwords.
    if not security.is_secured(home):
        return None
    kept = security.checkpoint(home)
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="format-", dir=kept.parent) as folder:
            run_storage_tool(Path(folder), jars, security.first_users(home)).joinpath(kept.name).replace(kept)
        kept.chmod(0o600)
    return kept


def _bootstrap_checkpoint(jars: str) -> Path:
    # The feature levels of a new cluster. The file contains no cluster id, so one per set of jars is enough.
    kept = derived_folder(jars) / "bootstrap.checkpoint"
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="format-", dir=kept.parent) as home:
            (run_storage_tool(Path(home), jars) / kept.name).replace(kept)
    return kept
