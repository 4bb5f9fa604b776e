"""Ways for needles: what a shaft may cross, rules that no plan may break, the table of needles, the map of the skin."""
