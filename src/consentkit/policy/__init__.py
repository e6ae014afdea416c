"""What the site declares. Knows no visitor and no HTTP."""
