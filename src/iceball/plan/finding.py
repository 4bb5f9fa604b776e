"""What the check of a plan has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """Something a person must look at. `error` means that the plan cannot be carried out as it stands, `not checked`
    that a card does not say what the check needs.
    """

    severity: Literal["error", "warning", "not checked"]
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
