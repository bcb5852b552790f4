"""Looks: small networks learnt from a result, as values that one keeps, shares and paints with."""
