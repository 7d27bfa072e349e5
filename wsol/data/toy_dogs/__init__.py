"""toy_dogs, the embedded dataset: pictures of dogs of ten breeds, drawn from a seed."""
