"""The catalogue of finding codes, their explanations, and suggestions for misspelt words."""
