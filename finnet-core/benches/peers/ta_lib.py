"""What TA-Lib takes for the indicators of benches/indicators.rs, round by round.

It reads the number of bars, then high, low and close as doubles, from its input; says "version"; and then for each name
that comes as a line answers with two numbers, the least milliseconds of three runs in a row: the C function on memory that is there already, and the
Python function, which asks for new memory as a program that calls it would.
"""

import ctypes
import glob
import os
import struct
import sys
import time

try:
    import numpy
    import talib
except ImportError as error:
    sys.exit(f"{error}")

source = sys.stdin.buffer
(count,) = struct.unpack("<Q", source.read(8))
high, low, close = (numpy.frombuffer(source.read(8 * count), dtype="<f8").copy() for _ in range(3))

# The wheel keeps the C library beside the package.
beside = os.path.join(os.path.dirname(os.path.dirname(talib.__file__)), "ta_lib.libs", "libta-lib*")
library = ctypes.CDLL(glob.glob(beside)[0])
library.TA_Initialize()
outputs = [numpy.zeros(count) for _ in range(3)]
begin, length = ctypes.c_int(), ctypes.c_int()


def call(function, inputs, parameters, lines):
    pointer = lambda array: array.ctypes.data_as(ctypes.c_void_p)
    given = [pointer(array) for array in inputs] + parameters + [ctypes.byref(begin), ctypes.byref(length)]
    given += [pointer(array) for array in outputs[:lines]]
    function = getattr(library, function)
    return lambda: function(0, count - 1, *given)


two = ctypes.c_double(2.0)
runs = {
    "SMA": (call("TA_SMA", [close], [20], 1), lambda: talib.SMA(close, 20)),
    "EMA": (call("TA_EMA", [close], [20], 1), lambda: talib.EMA(close, 20)),
    "RSI": (call("TA_RSI", [close], [14], 1), lambda: talib.RSI(close, 14)),
    "MACD": (call("TA_MACD", [close], [12, 26, 9], 3), lambda: talib.MACD(close, 12, 26, 9)),
    "BBANDS": (call("TA_BBANDS", [close], [20, two, two, 0], 3), lambda: talib.BBANDS(close, 20, 2, 2)),
    "ATR": (call("TA_ATR", [high, low, close], [14], 1), lambda: talib.ATR(high, low, close, 14)),
}
assert all(into() == 0 for into, _ in runs.values())
print(talib.__version__, flush=True)
for line in source:
    times = []
    for run in runs[line.decode().strip()]:
        least = float("inf")
        for _ in range(3):
            begun = time.perf_counter()
            run()
            least = min(least, time.perf_counter() - begun)
        times.append(least * 1e3)
    print(*times, flush=True)
