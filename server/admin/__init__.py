"""The operators' face: one table of operations, from which routes, permissions and documents come.

Speaks HTTP and JSON on loopback; must not know any device's language.
"""
