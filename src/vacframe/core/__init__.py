"""The core: it knows products, files and tasks, and no star physics.

Its rooms, from the ground up: contract, columns, store, sources, registry, planning, tasks, execution, ingest; each may
import those before it.
"""
