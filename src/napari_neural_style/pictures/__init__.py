"""Arrays and image files: in and out, colours, masks, sizes; and what a job is made of."""
