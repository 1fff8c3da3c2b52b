"""Sockets and what comes with them: listeners and the identity behind each connection.

Knows TLS and aiohttp; must not know any standard's messages.
"""
