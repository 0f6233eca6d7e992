"""A feed document, as bytes, becomes items of plain text. Nothing here reads a file or a socket.

The libraries are loaded with `watchd.parse.document`, which only the worker process needs.
"""
