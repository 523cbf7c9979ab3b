"""Sixty synthetic people with families and two years of history, made anew for any day by our own code."""

from helsami_gateway.demo.bundles import bundles
from helsami_gateway.demo.fhir import dumps
from helsami_gateway.demo.people import Grant, Parenthood, Person, families, grants, people

__all__ = ["Grant", "Parenthood", "Person", "bundles", "dumps", "families", "grants", "people"]
