"""The way out of notifications: what subscribers have not been told yet is sent to them.

Compares what each resource says with what its subscriber was told last; must not know any face.
"""
