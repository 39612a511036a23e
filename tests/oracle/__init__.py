"""An independent brute force of every quantity the engine computes, and the random encoders it is compared on."""
