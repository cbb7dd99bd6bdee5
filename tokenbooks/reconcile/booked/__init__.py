"""Usage against what our entries expense: credits, documents, other periods."""
