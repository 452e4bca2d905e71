"""Templates: what an organisation offers for services to be instances of, and the instances that are made of them."""
