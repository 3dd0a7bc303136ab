"""The technical floor: audit, jobs, files, ids and clock, the registry of systems, figures, reports, tables, forms."""
