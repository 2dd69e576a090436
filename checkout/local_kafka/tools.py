"""Kafka tools: Kafka's own command line tools, Java programs of the same version as the local Kafka."""

import os
from collections.abc import Sequence

from checkout.local_kafka.broker_process import JAVA_VARIABLES, JVM_FLAGS
from checkout.local_kafka.download import Progress, class_path, no_progress
from checkout.system.java import JAVA, KAFKA_TOOLS, fetch_jar

PACKAGE = "org.apache.kafka.tools"
CLASSES = {
    "consumer-groups": "consumer.group.ConsumerGroupCommand",
    "topics": "TopicCommand",
    "get-offsets": "GetOffsetShell",
    "console-consumer": "consumer.ConsoleConsumer",
    "acls": "AclCommand",
    "dump-log": "DumpLogSegments",
}
FLAGS = (*JVM_FLAGS, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-Dstdout.encoding=UTF-8")
WITHOUT_SERVER = {"--help", "--version"}


def command_line(tool: str, arguments: Sequence[str], on_progress: Progress = no_progress) -> list[str]:
    """Returns the command line that runs a tool, a key of CLASSES, after downloading its jars if needed.

    Raises KafkaUnavailable or JarsUnavailable when they cannot be downloaded.
    """
    jars = os.pathsep.join([class_path(on_progress), str(fetch_jar(KAFKA_TOOLS))])
    return [JAVA, *FLAGS, "-cp", jars, f"{PACKAGE}.{CLASSES[tool]}", *arguments]


def pass_on(content: str) -> str:
    """Returns the name of a file with this content for a program that replaces this process.

    It is a pipe: a password in it is never on disk, nor among the arguments. Only one reader gets the content.
    """
    reading, writing = os.pipe()
    os.write(writing, content.encode())  # a pipe holds a few KB before anyone reads
    os.close(writing)
    os.set_inheritable(reading, True)
    return f"/dev/fd/{reading}"


def environment() -> dict[str, str]:
    """Returns this process's environment without the variables that change how Java starts."""
    return {name: value for name, value in os.environ.items() if name not in JAVA_VARIABLES}


def lacks_command_config(arguments: Sequence[str]) -> bool:
    """Whether the arguments do not say how to log in."""
    return not any(argument.partition("=")[0] == "--command-config" for argument in arguments)


def lacks_server(tool: str, arguments: Sequence[str]) -> bool:
    """Whether the tool needs `--bootstrap-server` and the arguments have none."""
    given = {argument.partition("=")[0] for argument in arguments}
    return tool != "dump-log" and not given & {"--bootstrap-server", *WITHOUT_SERVER}
