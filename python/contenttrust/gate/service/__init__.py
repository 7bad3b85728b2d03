"""The gate as a service: admission reviews of Kubernetes, dockerd's plugin, and a plain question.

Networks and clocks are met in `listening` and `application` only; what is said of a request, and
what is asked of a document, are functions of bytes.
"""
