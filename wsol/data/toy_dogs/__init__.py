"""toy_dogs, the embedded dataset: drawn pictures of dogs of ten breeds, generated from a seed."""
