"""Adjective-and-noun names, so that nobody in the demo can be taken for a real person."""

GIVEN = (
    "Blid", "Blå", "Djerv", "Ekte", "Fager", "Flink", "Fri", "Frisk", "Glad", "Grønn", "Gyllen", "Ivrig", "Jevn",
    "Kjapp", "Klar", "Klok", "Kvikk", "Livlig", "Lun", "Lys", "Lystig", "Mild", "Modig", "Munter", "Myk",
    "Nysgjerrig", "Nøktern", "Rask", "Raus", "Rolig", "Sindig", "Skarp", "Snill", "Spenstig", "Sprek", "Stille",
    "Stø", "Trofast", "Trygg", "Tålmodig", "Varm", "Vennlig", "Våken", "Ærlig",
)  # fmt: skip
"""Adjectives that a person may bear with pride; they are the given names of the demo."""
