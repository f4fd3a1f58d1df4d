"""Outbound calls: policy and lists."""
