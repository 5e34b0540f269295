"""Uploads: what may be kept, where it lies, who may fetch it."""
