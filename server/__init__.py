"""Gridherald's server: the faces, the state behind them and the edge.

The layers and what each may import stand in ARCHITECTURE.md; `tests/test_architecture.py`
holds them.
"""

__version__ = "0.1.0"
