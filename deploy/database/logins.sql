-- Group roles (their rights come with the migrations) and one login for each process.
CREATE ROLE sr_ingest NOLOGIN;
CREATE ROLE sr_web NOLOGIN;
CREATE ROLE sr_report NOLOGIN;
CREATE ROLE ingest LOGIN PASSWORD :'ingest_password' IN ROLE sr_ingest CONNECTION LIMIT 20;
CREATE ROLE web LOGIN PASSWORD :'web_password' IN ROLE sr_web CONNECTION LIMIT 40;
CREATE ROLE report LOGIN PASSWORD :'report_password' IN ROLE sr_report CONNECTION LIMIT 10;
ALTER ROLE report SET default_transaction_read_only = on;
ALTER ROLE report SET statement_timeout = '30s';
REVOKE CONNECT ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO sr_ingest, sr_web, sr_report;
