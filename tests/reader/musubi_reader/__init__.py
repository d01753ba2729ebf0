"""A second reader of the Musubi protocol, version 1, written from docs/protocol.md and the RFCs that it names."""
