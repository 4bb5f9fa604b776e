"""When to stop: coasting, latest safe stops, and what each structure shall keep."""
