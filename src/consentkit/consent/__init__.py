"""What one visitor decided. Knows the policy; knows no HTTP beyond its own cookie and signal."""
