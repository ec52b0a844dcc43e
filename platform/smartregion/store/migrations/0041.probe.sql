-- Whether the disk is full is asked without writing a log record: a full log would stop the server.

DROP FUNCTION sr.disk_probe();
