"""Names that a page must show as the letters they are: 50 ways to smuggle a script, in four places each, 200 in all."""

import zipfile
from pathlib import Path

import nibabel
import numpy as np
from pydicom import dcmread

from tests.io.make_dicom import Dataset, write_series, write_structures

SCRIPTS = [
    "<script>alert({n})</script>",
    "<SCRIPT>alert({n})</SCRIPT >",
    "</title><script>alert({n})</script>",
    "</textarea><script>alert({n})</script>",
    "</script><script>alert({n})</script>",
    "<script src=//x.example/{n}.js></script>",
    "<script src=data:,alert({n})></script>",
    "<svg><script>alert({n})</script></svg>",
    "<img src=x onerror=alert({n})>",
    "<img/src=x/onerror=alert({n})>",
    '"><img src=x onerror=alert({n})>',
    "'><img src=x onerror=alert({n})>",
    "<img src=//x.example/{n}.png>",
    "<svg onload=alert({n})>",
    "<svg/onload=alert({n})//",
    "<body onload=alert({n})>",
    "<input autofocus onfocus=alert({n})>",
    "<details open ontoggle=alert({n})>",
    "<video src=x onerror=alert({n})>",
    "<audio src=x onerror=alert({n})>",
    "<iframe src=javascript:alert({n})>",
    "<iframe srcdoc='<script>alert({n})</script>'>",
    "<object data=javascript:alert({n})>",
    "<embed src=javascript:alert({n})>",
    "<a href=javascript:alert({n})>x</a>",
    "javascript:alert({n})",
    "data:text/html,<script>alert({n})</script>",
    "<form action=javascript:alert({n})><button>x",
    "<base href=//x.example/{n}/>",
    "<link rel=stylesheet href=//x.example/{n}.css>",
    "<style>@import'//x.example/{n}.css'</style>",
    "<meta http-equiv=refresh content=0;url=//x.example>{n}",
    "<math><mi xlink:href=javascript:alert({n})>x",
    "<marquee onstart=alert({n})>",
    '" onmouseover="alert({n})',
    "' onfocus='alert({n})' autofocus='",
    '" style="background:url(//x.example/{n})',
    "`-alert({n})-`",
    "${{alert({n})}}",
    "{{{{constructor.constructor('alert({n})')()}}}}",
    "{{% print(alert({n})) %}}",
    "#{{alert({n})}}",
    "<!--><script>alert({n})</script>-->",
    "<![CDATA[<script>alert({n})</script>]]>",
    "&lt;script&gt;alert({n})&lt;/script&gt;",
    "&#60;img src=x onerror=alert({n})&#62;",
    "<noscript><img src=x onerror=alert({n})>",
    "<template><script>alert({n})</script>",
    "<x contenteditable onblur=alert({n})>",
    "<slot onslotchange=alert({n})><b id=pwned>{n}</b>",
]
DRAWN_ON = 8
"""The series that the structures belong to."""


def payload(place: str, n: int) -> str:
    """The n-th script in a form that this place can hold."""
    text = SCRIPTS[n].format(n=n)
    if place == "file name":
        # slashes would part folders and a colon name a drive: such archives are refused, which tests/web looks at
        return text.replace("/", "\N{FRACTION SLASH}").replace(":", "\N{RATIO}").replace("\\", "")[:80]
    # in DICOM a backslash parts values, in names a caret and an equals sign part theirs
    equals = "\N{FULLWIDTH EQUALS SIGN}" if place == "patient" else "="
    return text.replace("\\", "").replace("^", "").replace("=", equals)[:64]


def hostile_zip(folder: Path) -> Path:
    """A study: 50 tiny series whose patients and descriptions attack, 50 images whose files do, 50 structures too."""
    archive = folder / "study.zip"
    with zipfile.ZipFile(archive, "w") as study:
        for n in range(len(SCRIPTS)):

            def attack(dataset: Dataset, _slice: int, n: int = n) -> None:
                dataset.SpecificCharacterSet = "ISO_IR 192"
                dataset.PatientName, dataset.SeriesDescription = payload("patient", n), payload("series", n)

            files = write_series(folder / f"{n}", shape=(8, 8, 4), spacing_mm=(5, 5, 5), number=n + 1, tweak=attack)
            for at, file in enumerate(files):
                study.writestr(f"{n}/{at}.dcm", file.read_bytes())
            image = nibabel.Nifti1Image(np.full((8, 8, 4), n + 1, np.int16), np.diag([5.0, 5.0, 5.0, 1.0]))
            study.writestr(f"{payload('file name', n)}.nii", image.to_bytes())
        square = np.array([[0, 30, -25], [10, 30, -25], [10, 40, -25], [0, 40, -25]])
        names = {payload("structure", n): [np.add(square, (0, 0, 5 * k)) for k in (0, 1)] for n in range(len(SCRIPTS))}
        drawn = dcmread(write_structures(folder / "RS.dcm", names))
        drawn.SpecificCharacterSet, drawn.PatientName = "ISO_IR 192", payload("patient", DRAWN_ON)
        drawn.save_as(folder / "RS.dcm")
        study.write(folder / "RS.dcm", "RS.dcm")
    return archive
