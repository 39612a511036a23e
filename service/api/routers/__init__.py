"""A module a resource; each makes its router from nothing but its paths, and finds what it needs in `services`."""
