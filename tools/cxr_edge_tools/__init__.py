"""What only a checkout needs: pages written from records, bundling, releases."""
