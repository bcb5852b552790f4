"""Named settings: the catalogue, the user's own, the last ones, and what differs. Qt-free."""
