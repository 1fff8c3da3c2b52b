"""The edge: Modbus devices are kept at what the book asks of them.

Registers and maps, the link that speaks to them, and the loop that makes observed and wanted equal.
It must not know either standard's wire types.
"""
