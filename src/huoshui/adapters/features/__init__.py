"""Features of firms at speed (特征计算): invoices to figures by a C kernel, figures to features by one Ibis expression."""
