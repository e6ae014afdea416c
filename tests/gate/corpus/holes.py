"""Pages of the corpus that the gate is known to let through, each with the reason."""
HOLES: dict[str,str] = {}
