# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes thumbnails with a library in C (thumbnails.md)."""

import ctypes
import time

library = ctypes.CDLL("./libthumbnail.so")
library.thumbnail_make.restype = ctypes.c_void_p
library.thumbnail_free.argtypes = [ctypes.c_void_p]

open("ready", "w", encoding="ascii").close()
while True:
    thumbnail = library.thumbnail_make(64, 48)
    library.thumbnail_free(thumbnail)
    time.sleep(0.002)
