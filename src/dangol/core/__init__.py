"""The shared floors of the house, stacked: a lower one never imports a higher one."""
