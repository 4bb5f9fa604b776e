"""Where things are: grids, volumes, shapes and signed distances, all in LPS millimetres."""

from iceball.space.grid import Grid
from iceball.space.volume import Header, Volume

__all__ = ["Grid", "Header", "Volume"]
