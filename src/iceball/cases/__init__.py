"""Two small real cases that ship with Iceball; each folder holds its licence and attribution."""
