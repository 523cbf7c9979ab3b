"""Gives every test the harness's fixtures."""

pytest_plugins = ["harness.plugin"]
