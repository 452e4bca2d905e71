"""What Trellis is measured against: the same work, done as somebody without Trellis would do it."""
