"""The OpenADR 2.0b face: what VENs see of the book, and what they may say.

Knows HTTP and the messages of `schemas.openadr`; must not know SQL, nor any other face.
"""
