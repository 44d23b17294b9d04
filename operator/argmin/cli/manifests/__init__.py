"""Reading YAML files as their authors meant them."""
