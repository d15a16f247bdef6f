"""Starting Spark: one application a process, one session an engine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infiltrate.errors import EngineError

INSTALL = 'pip install "infiltrate[spark]"'
OLDEST_JAVA = 17
_FOLDER = "spark.infiltrate.folder"
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
    settings = dict(_SETTINGS)
    if _is_local(master):
        settings |= _on_this_machine(memory_gib, temp_dir)
    if temp_dir is not None:
        settings[_FOLDER] = str(temp_dir.resolve())
    for name, value in settings.items():
        builder = builder.config(name, value)
    with _quiet(temp_dir) as log:
        try:
            session = builder.getOrCreate().newSession()
        except Exception as error:
            why = str(error).partition("\n")[0] or type(error).__name__
            raise EngineError(
                f"Spark did not start with the master {master}: {why}. {log}"
            ) from error
        session.sparkContext.setLogLevel("OFF")
    return session


@contextmanager
def _quiet(temp_dir: Path | None) -> Iterator[str]:
    """Send what Spark and Java say while they start into a file, or nowhere."""
    log = temp_dir / "spark.log" if temp_dir else Path(os.devnull)
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    with log.open("a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark's, about pandas 3, which is not used with it
        os.dup2(file.fileno(), 2)
        try:
            yield f"See {log}." if temp_dir else ""
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def make_folder(session: Any, temp_dir: Path | None) -> Path:
    """Make the folder of one engine for rows between two queries.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        From `open_session`.
    temp_dir : Path, optional
        Where; by default where the first engine of this process has its own, as a cluster's
        machines share that folder.

    Raises
    ------
    EngineError
        When Spark runs on other machines and no folder was ever given.
    """
    parent = str(temp_dir.resolve()) if temp_dir else session.conf.get(_FOLDER, "")
    if not parent and not _is_local(session.sparkContext.master):
        raise EngineError(
            f"Spark at {session.sparkContext.master} needs a folder that all its machines share: "
            "give the engine a temp_dir, or a study a results folder, on shared storage."
        )
    if parent:
        Path(parent).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="spark-", dir=parent or None)).resolve()


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
