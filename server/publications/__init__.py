"""What a utility publishes to 2030.5 clients beside programs: the kinds, and how one is written.

Shared by the face that serves them and the one where operators state them; must not know either.
"""
