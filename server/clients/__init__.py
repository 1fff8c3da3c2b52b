"""Clients of both standards: a 2030.5 client, a VEN, and the vetted exchange over mutual TLS.

They know wire types and sockets; they must not know the server's book, desk or store: to them the
server is a stranger behind a socket.
"""
