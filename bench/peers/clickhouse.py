"""ClickHouse's engine (chdb) asks SQL. Arguments: a file with the SQL, and how often to ask.

Prints its processor and elapsed seconds, the least of each after one that is not counted, and the row.
"""

import json
import sys
import time
from pathlib import Path

import chdb


def main(path: str, tries: int) -> None:
    """Ask and tell."""
    sql, taken = Path(path).read_text(), []
    for _ in range(tries + 1):
        began = time.process_time(), time.monotonic()
        told = str(chdb.query(sql, "JSONCompactEachRow"))
        taken.append((time.process_time() - began[0], time.monotonic() - began[1]))
    row = [int(value) for value in json.loads(told.strip())]
    processor, elapsed = zip(*taken[1:], strict=True)
    print(json.dumps([min(processor), min(elapsed), row]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
