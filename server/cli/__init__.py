"""The command line: `gridherald`.

Parses, calls the admin face over HTTP and prints; it holds no state and decides nothing.
"""
