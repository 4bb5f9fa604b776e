"""What the workbench keeps beside the files: plan revisions, jobs and the audit trail. The files stay the truth."""

from iceball.store.audit import Audit
from iceball.store.database import Database
from iceball.store.jobs import Job, Jobs
from iceball.store.revisions import Revision, Revisions

__all__ = ["Audit", "Database", "Job", "Jobs", "Revision", "Revisions"]
