"""Forms of the pages: what may be asked for, and the sentence beside the field when it may not."""
