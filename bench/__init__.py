"""Load generator for IRC servers, and a runner that compares servers (see docs/performance.md)."""
