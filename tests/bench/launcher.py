"""Start one process from a small one, wait for it, and write what it took to a descriptor.

The kernel counts in a process's peak memory what the one that started it held then, and a bench that has gone on
for a while holds more than what it measures.
"""

from __future__ import annotations

import os
import sys
import time

if __name__ == "__main__":
    told, *arguments = sys.argv[1:]
    os.set_inheritable(int(told), False)
    began = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawnp(arguments[0], arguments, os.environ), 0)
    wall = time.perf_counter() - began
    code, cpu = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
    os.write(int(told), f"{code} {wall!r} {cpu!r} {usage.ru_maxrss}".encode())
