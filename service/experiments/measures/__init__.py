"""The experiments, a module each: from results (and the model, where it must run again) to tables and figures."""
