"""What Dojo's speed is measured with: ``make bench`` runs ``benchmarks.run``, which says what it does."""
