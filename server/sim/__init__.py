"""Simulated devices, for the demo and for tests; each runs in a process of its own."""
