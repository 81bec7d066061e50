"""Memory while millions of rows go by."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector away for the time of the block.

    A batch makes hundreds of thousands of tuples and no cycles: reference counts free them all. The
    collector would walk every one of them again and again, a quarter of an import's time and more the
    larger the file is.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
