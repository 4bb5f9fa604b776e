"""How heat and ice behave: laws that take numbers and return a number. Imports nothing but math and numba."""
