"""The user's own data files, named by an environment variable, beside those of the package."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from iceball.errors import IceballError
from iceball.sources import DataFile

T = TypeVar("T")
Files = tuple[tuple[Path, int], ...]
"""Files, each with when it was last written, so that a changed file is read again."""


@dataclass(frozen=True)
class OwnFiles:
    """One kind of own file.

    Attributes:
        variable: names files, or folders of them, separated as in PATH.
        holds: what such a file holds, one of them: "card".
        table: under which names stand in it: "probe".
        example: what to write into one: "[probe.my-needle] and its fields".
        refusal: the error of what is refused.
    """

    variable: str
    holds: str
    table: str
    example: str
    refusal: type[IceballError]

    def files(self) -> Files:
        """The files that the variable names; raises the refusal, naming what cannot be read or holds nothing."""
        return tuple(f for p in os.environ.get(self.variable, "").split(os.pathsep) if p.strip() for f in self._at(p))

    def with_own(
        self,
        shipped: Mapping[str, T],
        files: Files,
        read: Callable[[DataFile], dict[str, T]],
        *,
        taken: Iterable[str] = (),
    ) -> dict[str, T]:
        """What is shipped, and what the files hold.

        Args:
            shipped: of the package, by name.
            files: as `files` gives them.
            read: everything in one file, by name.
            taken: more names that nothing of the user's may have.

        Raises:
            IceballError: the refusal, for a file that holds nothing or a name that is taken; whatever `read` raises.
        """
        found, home = dict(shipped), dict.fromkeys([*shipped, *taken], "Iceball")
        for path, _ in files:
            own = read(DataFile.at(path))
            if not own:
                raise self.refusal(f"holds no {self.holds}.", where=str(path), remedy=f"Write {self.example}.")
            for name, one in own.items():
                if name in home:
                    raise self.refusal(
                        f"is the name of a {self.holds} of {home[name]}.",
                        where=f"{path}: {self.table}.{name}",
                        remedy=f"Give your {self.holds} a name of its own.",
                    )
                found[name], home[name] = one, str(path)
        return found

    def _at(self, named: str) -> Files:
        path, where = Path(named), f"{self.variable}: {named}"
        try:
            given = sorted(path.glob("*.toml")) if path.is_dir() else [path]
            found = tuple((file, file.stat().st_mtime_ns) for file in given)
        except OSError as fault:
            raise self.refusal(f"cannot be read: {fault.strerror}.", where=where, remedy="Name what exists.") from None
        if not found:
            raise self.refusal(f"holds no {self.holds}.", where=where, remedy=f"Put a file with {self.example} there.")
        return found
