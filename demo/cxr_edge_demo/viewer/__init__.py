"""A film at full depth and size for the viewer in the browser, and what the network says of its places."""
