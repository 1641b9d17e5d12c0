"""How messages travel: one module each, and the catalog of them. Network work, so never in a transaction or the ticker.

A channel is a function `(target, content, message_id) -> what was said`, and raises `UndeliverableNotice`. `message_id`
is the same at every try of a message, so that receivers can tell a repetition.
"""
