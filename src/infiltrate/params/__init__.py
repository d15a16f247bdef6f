"""What an analyst may set: typed sections, loading, dated legal facts, generated schema."""
