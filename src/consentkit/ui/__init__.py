"""What the visitor sees: the banner, the cookies page, and the small pages around them."""
