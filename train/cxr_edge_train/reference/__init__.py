"""Ten networks of two published notebooks: reproduced, evaluated correctly, and compared."""
