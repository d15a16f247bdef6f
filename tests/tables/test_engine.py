"""What DuckDB is told to know under a name."""

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.tables.engine import DuckDBEngine


def test_a_file_takes_the_place_of_a_table_in_memory(tmp_path):
    table = pa.table({"n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "three.parquet")
    with DuckDBEngine() as engine:
        engine.register("numbers", table.slice(0, 0))
        engine.register("numbers", tmp_path / "three.parquet")
        assert engine.query("SELECT count(*) AS n FROM numbers")["n"].to_pylist() == [3]
        engine.register("numbers", table.slice(0, 1))
        assert engine.query("SELECT count(*) AS n FROM numbers")["n"].to_pylist() == [1]
