"""The pages, one a file; each is a function that draws itself into the tab it is called in."""
