"""Needles as they really lie: set on their streaks, held by ice or free, and one more where it helps."""
