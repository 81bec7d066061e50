"""Python's collector of cycles in a process that stays."""

import gc

# So many more tuples, lists and objects than before must there be until the young are looked through.
YOUNG = 50_000
# Every so many of these looks the older ones too, and every so many of those all that is not frozen.
OLDER, ALL = 20, 20


def calm_collector() -> None:
    """Have cycles looked for seldom, and never among what is there now: call it once all is loaded.

    What a request or a batch makes is freed by counting as soon as nobody has it, and what was loaded stays
    until the process ends. Left alone the collector walks through both with every seven hundred tuples more:
    a third of the processor time of a night's work. Cycles are still freed, by the ten thousands.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, ALL)
