"""The convergence chart of `argmin plot`: what it shows, how it is drawn, and as a page."""
