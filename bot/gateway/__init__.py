"""The gRPC gateway: conversations for clients without a telephone exchange (proto/)."""
