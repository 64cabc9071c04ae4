"""The terminal client: what is typed becomes requests, what happens becomes lines. Built on the client library."""
