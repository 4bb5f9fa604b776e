"""Work that takes longer than a page waits: each kind is one module, run in a worker process.

A kind's module has:
    DEFAULTS: dict        every option with its default; an option that is not there is refused.
    key(plan, patient, options) -> str    a hash of all that the result depends on; the same key is never run twice.
    run(task) -> dict     the work, in a worker; `task` is `iceball.web.jobs.task.Task`. The dict must be plain JSON.
and it may have:
    there(case, result) -> bool    whether what a done job made is still there; if not, it is made again.
    FIRST = True          it may take the worker that is kept free of long work.
    REPLACES = (kinds,)   older work of these kinds on the same case, with another key, is cancelled.
"""

KINDS: dict[str, str] = {
    "simulate": "iceball.web.jobs.simulate",
    "assess": "iceball.web.jobs.assess",
    "spread": "iceball.web.jobs.spread",
    "search": "iceball.web.jobs.search",
    "what-if": "iceball.web.jobs.whatif",
    "compare": "iceball.web.jobs.compare",
    "trajectories": "iceball.web.jobs.trajectories",
    "report": "iceball.web.jobs.report",
    "as-placed": "iceball.web.jobs.as_placed",
    "placed-run": "iceball.web.jobs.placed_run",
    "observed": "iceball.web.jobs.observed",
}
"""Kind to module, one line each."""
