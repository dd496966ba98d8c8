"""Do programs in other languages answer as the package does, and how fast are they?"""
