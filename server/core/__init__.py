"""The domain, pure: what is wanted of whom and when.

Nothing here reads a clock, draws from a global source of randomness, does I/O or knows a wire
format.
"""
