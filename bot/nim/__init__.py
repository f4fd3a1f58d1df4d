"""The language model: an LLM NIM or any OpenAI-compatible server."""
