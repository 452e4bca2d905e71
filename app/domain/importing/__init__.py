"""Other tools' files as manifests: services and what they need, with a list of what could not be carried over."""
