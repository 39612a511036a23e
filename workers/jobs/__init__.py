"""Jobs: chunks of a run, computed by the processes of workers."""
