"""Look-alikes: who of the prospects is most like the members of a seed segment."""
