"""Names for units, so that `10 * minutes` reads as it is meant. A bare number is SI; temperatures are °C."""

seconds = 1.0
minutes = 60.0
hours = 3600.0

MM_PER_M = 1000.0
MM2_PER_CM2 = 100.0
MM3_PER_ML = 1000.0
M3_PER_MM3 = 1e-9
KELVIN_AT_0C = 273.15
