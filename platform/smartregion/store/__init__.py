"""The database: connections, named queries, migrations, backup and bulk transfer."""
