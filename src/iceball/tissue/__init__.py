"""What the body is made of: sourced tissues, the label map, and structures by name."""

from iceball.tissue.anatomy import TARGET, Anatomy, Structure
from iceball.tissue.tissue import Tissue, tissue, tissues

__all__ = ["TARGET", "Anatomy", "Structure", "Tissue", "tissue", "tissues"]
