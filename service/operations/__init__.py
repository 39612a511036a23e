"""Use cases: what happens, whatever the front end. One module a subject."""
