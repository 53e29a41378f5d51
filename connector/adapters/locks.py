"""The advisory locks of our database, each with a number of its own: two of one number wait for each other."""

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """What is held by one at a time. A number once used stays: processes of two versions may run side by side."""

    MIGRATION = 88_010_316  # one changes the schema
    BEAT = 88_010_317  # one beat speaks, the others wait; it goes with its connection
    MODES = 88_010_318  # shared by who reads areas' modes to decide by them, alone by who changes them
    SET_UP = 88_010_319  # two browsers, or two machines, that set up at once make one administrator
    JOB_STARTS = 88_010_320  # one starts a replay job
