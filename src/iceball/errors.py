"""Every refusal of Iceball: what is wrong, where, and what to do next."""

from __future__ import annotations


class IceballError(Exception):
    """A refusal that a person can act on.

    Args:
        what: what is wrong, as one sentence.
        where: the file, tag, field or place that is wrong ("" if the whole input is).
        remedy: the next thing to do or type ("" only where nothing can be done).
    """

    code = "error"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        # Two sentences need a stop between them, whether or not the first was written with one.
        stop = "." if self.remedy and head and head[-1] not in ".!?:…" else ""
        return f"{head}{stop} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.remedy))

    def as_json(self) -> dict[str, str]:
        """The refusal as the `error` object that every door prints."""
        return {"code": self.code, "what": self.what, "where": self.where, "remedy": self.remedy}


def _rebuild(kind: type[IceballError], what: str, where: str, remedy: str) -> IceballError:
    return kind(what, where=where, remedy=remedy)


class GeometryError(IceballError):
    """A grid, volume, shape or point that cannot exist or does not fit."""

    code = "geometry"


class ImageError(IceballError):
    """An image file or series that is refused."""

    code = "image"


class SegmentationError(IceballError):
    """A structure set, mask or label map that is refused."""

    code = "segmentation"


class TissueError(IceballError):
    """An unknown tissue, or one with an impossible property."""

    code = "tissue"


class PackError(IceballError):
    """An organ's pack that is refused: what it names, lacks or contradicts."""

    code = "pack"


class ProbeError(IceballError):
    """An unknown probe, or one with an impossible property."""

    code = "probe"


class PlanError(IceballError):
    """A placement, protocol, goal or plan that cannot be carried out."""

    code = "plan"


class SceneError(IceballError):
    """A scene that the solver cannot take."""

    code = "scene"


class SolverError(IceballError):
    """A run that did not come to a trustworthy end; no result is kept."""

    code = "solver"


class CaseError(IceballError):
    """A case folder that is missing, incomplete or inconsistent."""

    code = "case"


class StaleError(IceballError):
    """A result that no longer belongs to its inputs."""

    code = "stale"
