"""Plans proposed and held side by side: the starter, the search, what-if, comparisons."""
