"""What the body is made of: sourced tissues, the label map, and structures by name."""

from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.library import tissue, tissues
from iceball.tissue.segment import build_anatomy
from iceball.tissue.tissue import Tissue

__all__ = ["TARGET", "Anatomy", "Structure", "Tissue", "build_anatomy", "tissue", "tissues"]
