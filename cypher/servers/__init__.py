"""What any local server needs: a folder, a port, a password, a process that outlives who started it."""
