"""What people fill in about reviews: the answer itself, filters, verbs with a reason, reviewers, policies."""
