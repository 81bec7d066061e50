"""Reads a table out of the data of an installed R package, without R.

Arguments: the data's files without their ending (`Rdata` of `Rdata.rdb` and `Rdata.rdx`), the table's name,
and where it goes as CSV. Prints how many rows it has.

The index (`.rdx`, a serialized list) says where in `.rdb` each table begins and how long it is: four bytes of
its size, one for how it is compressed (`Z`: LZMA2), then the table, serialized.
"""

import json
import lzma
import sys
import zlib
from typing import Any

import rdata


def main(stem: str, name: str, target: str) -> None:
    """Find the table and write it."""
    with open(f"{stem}.rdx", "rb") as file:
        index = _read(zlib.decompress(file.read(), zlib.MAX_WBITS | 32))
    offset, length = (int(one) for one in index["variables"][name])
    with open(f"{stem}.rdb", "rb") as file:
        file.seek(offset)
        packed = file.read(length)
    assert packed[4:5] == b"Z", "packed in another way"
    table = _read(lzma.decompress(packed[5:], lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}]))
    table.to_csv(target, index=False)
    print(json.dumps(len(table)))


def _read(serialized: bytes) -> Any:
    return rdata.conversion.convert(rdata.parser.parse_data(serialized, extension=".rds"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
