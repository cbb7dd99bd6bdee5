"""Archive: the written closes, read back and written atomically."""
