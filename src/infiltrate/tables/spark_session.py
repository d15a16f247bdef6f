"""Starting Spark: one application a process, one session an engine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from infiltrate.errors import EngineError

INSTALL = 'pip install "infiltrate[spark]"'
OLDEST_JAVA = 17
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def check_spark() -> None:
    """Say what is missing before anything is started.

    Raises
    ------
    EngineError
        When pyspark is not installed, or Java is absent or too old.
    """
    if importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("sqlglot") is None:
        raise EngineError(
            f"The engine spark needs pyspark and sqlglot, which are not installed: {INSTALL}. "
            "Or use the engine duckdb, which gives the same numbers."
        )
    java = find_java()
    if java is None:
        raise EngineError(
            f"The engine spark needs Java {OLDEST_JAVA} or newer, and there is none: install it "
            "(Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless; macOS: brew install "
            "openjdk@17), or set JAVA_HOME to where it is. Or use the engine duckdb, which gives "
            "the same numbers."
        )
    version = _java_version(java)
    if version is not None and version < OLDEST_JAVA:
        raise EngineError(
            f"The engine spark needs Java {OLDEST_JAVA} or newer; {java} is Java {version}. Set "
            "JAVA_HOME to a newer one."
        )


def find_java() -> Path | None:
    """Return the Java that Spark would start, if there is one."""
    home = os.environ.get("JAVA_HOME")
    if home:
        java = Path(home) / "bin" / "java"
        return java if java.is_file() else None
    found = shutil.which("java")
    return Path(found) if found else None


def open_session(master: str, memory_gib: float, temp_dir: Path | None) -> Any:
    """Return a new session of the one Spark application of this process.

    Raises
    ------
    EngineError
        When Spark is missing or does not start, or runs under another master already.
    """
    check_spark()
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    running = SparkContext._active_spark_context  # no public way asks without starting one
    if running is not None and running.master != master:
        raise EngineError(
            f"Spark runs in this process under the master {running.master}; it cannot be "
            f"{master} at the same time. Start another process."
        )
    builder = SparkSession.builder.appName("infiltrate").master(master)
    settings = {**_SETTINGS, **(_on_this_machine(memory_gib, temp_dir) if _is_local(master) else {})}
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate().newSession()
    except Exception as error:
        raise EngineError(
            f"Spark did not start with the master {master}: {str(error).splitlines()[0]}"
        ) from error
    session.sparkContext.setLogLevel("OFF")
    return session


def _is_local(master: str) -> bool:
    return master == "local" or master.startswith("local[")


def _on_this_machine(memory_gib: float, temp_dir: Path | None) -> dict[str, str]:
    settings = {
        "spark.driver.memory": f"{max(512, int(memory_gib * 1024))}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4",
    }
    if temp_dir is not None:
        temp_dir.mkdir(parents=True, exist_ok=True)
        settings["spark.local.dir"] = str(temp_dir.resolve())
    return settings


def _java_version(java: Path) -> int | None:
    said = subprocess.run([str(java), "-version"], check=False, capture_output=True, text=True)
    quoted = (said.stderr or said.stdout).partition('"')[2].partition('"')[0].split(".")
    number = quoted[1] if quoted[0] == "1" and len(quoted) > 1 else quoted[0]
    return int(number) if number.isdigit() else None
