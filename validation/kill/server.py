"""`iceball serve` as it is, with one more kind of job."""

import os
import sys
from pathlib import Path

from iceball.cli.serve import serve
from iceball.web.jobs import KINDS

if __name__ == "__main__":
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    KINDS["count"] = "counting"
    serve(folder=Path(sys.argv[1]), port=None, browser=False, host="127.0.0.1")
