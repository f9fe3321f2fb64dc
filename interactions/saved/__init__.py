"""What members keep and pass on: saved views, share links, and notes on days."""
