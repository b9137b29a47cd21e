"""Operations caught without anybody's doing, from the event files that git's trace2 writes.

``installation`` tells git where to write, ``folder`` is where it does, ``events`` reads one process's file,
``assembly`` makes operations of several, and ``listener`` does all of that about once a second.
"""
