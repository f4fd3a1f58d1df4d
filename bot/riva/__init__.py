"""NVIDIA Riva: streaming speech recognition and synthesis over gRPC."""
