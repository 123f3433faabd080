"""What a reader takes away: decks (PPTX) with native charts and shapes, workbooks (XLSX) with real numbers.

`pyramid_slides.pyramid_deck`, `whatif_slides.scenario_deck`, `pyramid_sheets.pyramid_book`, `whatif_sheets.scenario_book`: each
takes `facts.Facts` and frames already computed, and returns bytes.
"""
