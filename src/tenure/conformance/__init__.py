"""What a client must do when a host does this or that: named cases that a client in any language can be run against."""
