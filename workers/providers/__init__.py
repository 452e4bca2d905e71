"""Providers: what makes desired state real on one kind of target."""
