"""The IEEE 2030.5 face: what 2030.5 devices and aggregators see of the book, and what they may say.

Knows HTTP and the wire types of `schemas.sep2`; must not know SQL, nor any other face.
"""
