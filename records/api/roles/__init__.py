"""Roles and permission groups over HTTP: each role is served as both."""
