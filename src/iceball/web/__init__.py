"""The workbench: the same verbs in a browser on this machine."""
