"""What lies on disk in a workspace: results, versions, partitions, HATS catalogues, the pixel tree, the ledger."""
