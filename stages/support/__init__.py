"""What the stages share: reading and checking params, writing files whole, ending with one sentence."""
