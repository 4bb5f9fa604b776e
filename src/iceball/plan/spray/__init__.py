"""Surfaces frozen: spots of sprays and discs, and their gas."""
