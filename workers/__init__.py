"""The worker: carries runs out, and looks after what is overdue."""
