"""The wire formats: declared once, read and written by one codec.

`schemas.wire` is the codec, `schemas.simple` the simple types; `schemas.sep2` and `schemas.openadr`
declare the messages of IEEE 2030.5 and OpenADR 2.0b. Nothing here knows the server: what a message
means, and what is done about it, stands elsewhere.
"""
