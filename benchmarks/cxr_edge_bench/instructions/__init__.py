"""Instructions a film, counted by valgrind's callgrind: a gate on speed that a busy computer does not disturb."""
