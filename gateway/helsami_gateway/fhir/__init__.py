"""Read, check and normalise the FHIR R4 bundles that record systems send; knows neither the bus nor a database."""
