"""Cards held against charts and traces, and the blocks that this is done in."""
