"""Pulls: other tools' events fetched day by day from their export APIs, each day as one import.

``sources`` says how each tool is asked, ``fetch`` asks and writes the answer to a file, ``days`` says which days are
due, ``carry`` takes one day from the question to the import, and ``change`` is what people do to a pull.
"""
