"""Evidence: what traces cannot show, and what was understood of them, in words."""
