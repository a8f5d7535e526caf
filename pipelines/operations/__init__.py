"""The operations store: what people decided, what arrived, what was sent, and who is at work.

Small, durable and apart from the warehouse, which can be rebuilt at any time; this cannot.
"""
