"""What the utility publishes beside programs, as 2030.5 clients read it.

One table says where each kind stands; all handlers come from it. Clients alter none of it.
"""
