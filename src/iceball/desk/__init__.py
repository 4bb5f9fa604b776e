"""A case on the desk: what the shell and the workbench both do with it."""

from iceball.desk.desk import Desk
from iceball.desk.telling import Silent, Telling

__all__ = ["Desk", "Silent", "Telling"]
