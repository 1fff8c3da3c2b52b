"""The store: what must survive, in SQL.

The feed of changes, the devices' documents, their responses and readings. The only package that
knows SQL; it must not know what a change means or which face asks.
"""
