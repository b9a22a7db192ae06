"""The model's client: one call, its faults as a closed set, what it cost.

The only package that imports langchain_openai and openai, and only when a model is opened.
No trading words here: messages and tools go in, text and tool calls come out.
"""
