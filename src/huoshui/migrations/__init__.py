"""The one line of migrations (数据库迁移)."""
