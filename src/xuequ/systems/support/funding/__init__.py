"""Special fund (专项经费): standard, applications, a proposal that can be explained, the decision, its use."""
