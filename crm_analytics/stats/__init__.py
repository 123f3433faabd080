"""Mathematics without SQL, pixels or customers: numbers in, numbers out."""
