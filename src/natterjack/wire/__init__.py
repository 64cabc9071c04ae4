"""Bytes to values and back: lines, tags, framing. Pure, and knows nothing of IRC's meaning."""
