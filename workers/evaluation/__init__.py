"""What patterns are worth: the influence of given ones, their rank among random ones, the best of all, ablation."""
