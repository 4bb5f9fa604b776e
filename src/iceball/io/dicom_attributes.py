"""What may set several images at one position apart: b-value, echo, phase, time and their like."""

from __future__ import annotations

from typing import Any

from iceball.io import dicom_values as values

# Where a multi-frame file keeps these attributes of a frame.
SPLITTING_GROUPS = (
    "MRDiffusionSequence",
    "MREchoSequence",
    "FrameContentSequence",
    "TemporalPositionSequence",
    "CTReconstructionSequence",
    "MRTimingAndRelatedParametersSequence",
    "CardiacSynchronizationSequence",
    "CTXRayDetailsSequence",
)
# What may set several images at one position apart, most telling first: the short name a person sees, and the tags.
ATTRIBUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("b", ("DiffusionBValue",)),
    ("direction", ("DiffusionGradientOrientation", "DiffusionDirectionality")),
    ("echo", ("EchoTime", "EffectiveEchoTime")),
    ("phase", ("TemporalPositionIdentifier", "TemporalPositionIndex", "TemporalPositionTimeOffset")),
    ("trigger", ("TriggerTime", "NominalCardiacTriggerDelayTime", "NominalPercentageOfCardiacPhase")),
    ("inversion", ("InversionTime",)),
    ("flip", ("FlipAngle",)),
    ("kernel", ("ConvolutionKernel",)),
    ("kv", ("KVP",)),
    ("acquisition", ("AcquisitionNumber", "FrameAcquisitionNumber")),
    ("sequence", ("SequenceName", "PulseSequenceName")),
    ("stack", ("StackID",)),
    ("type", ("ImageType",)),
    ("thickness", ("SliceThickness",)),
)
TIMES = ("AcquisitionDateTime", "FrameAcquisitionDateTime", "AcquisitionTime", "ContentTime")
# b-values that vendors keep in private tags: Siemens; GE; Philips.
PRIVATE_B = ((0x0019, 0x100C), (0x0043, 0x1039), (0x2001, 0x1003))


def read_attributes(dataset: Any, places: list[Any]) -> dict[str, str]:
    """What the image says of itself that may set it apart, by short name; `places` are searched in order."""
    found: dict[str, str] = {}
    for name, keywords in ATTRIBUTES:
        value = next((v for k in keywords for place in places if (v := values.text(place, k))), "")
        if value:
            found[name] = _short(value)
    if "b" not in found and (b := _private_b(dataset)):
        found["b"] = b
    for keyword in TIMES:
        value = next((v for place in places if (v := values.text(place, keyword))), "")
        if value:
            found["time"] = value
            break
    return found


def _short(value: str) -> str:
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def _private_b(dataset: Any) -> str:
    for tag in PRIVATE_B:
        try:
            raw = dataset[tag].value
        except Exception:
            continue
        first = raw if isinstance(raw, (bytes, str)) or not hasattr(raw, "__getitem__") else raw[0]
        words = first.decode("ascii", "ignore") if isinstance(first, bytes) else str(first)
        words = words.split("\\")[0].strip("\x00 ")
        try:
            b = float(words)
        except ValueError:
            continue
        # GE adds multiples of 1e9 as flags.
        return f"{b % 1e9 if b >= 1e9 else b:g}"
    return ""
