"""Everything Qt: the docks, drawn on runs and what belongs to them. No algorithm in here."""
