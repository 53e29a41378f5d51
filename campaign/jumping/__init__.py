"""On the path of a process, `sitecustomize` of this folder lets its clock be wrong by what a file says."""
