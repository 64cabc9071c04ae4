"""The desktop client: a window over the client library. It needs Qt (PySide6), which only this package imports."""
