"""Everything Qt: the dock widget and the bridge from the engine's thread. No algorithm in here."""
