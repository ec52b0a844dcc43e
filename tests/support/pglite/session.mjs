// One client. The engine has a single backend: a session holds it from its first message to the end of its
// transaction, and finds its own settings and prepared statements there again.
import { failure, int16, int32, message, query, ready, split, text, typeOf } from "./messages.mjs";

const SSL = 80877103;
const GSS = 80877104;
const CANCEL = 80877102;
const PATIENCE_MS = 20_000;
const REPORTED = ["server_version", "server_encoding", "client_encoding", "DateStyle", "IntervalStyle", "TimeZone",
  "integer_datetimes", "standard_conforming_strings"];
const COMMENTS = String.raw`(?:\s*--[^\n]*\n|\s)*`;
const COPY_IN = new RegExp(`^${COMMENTS}COPY\\s+([\\s\\S]+?)\\s+FROM\\s+STDIN\\b`, "i");
const COPY_OUT = new RegExp(`^${COMMENTS}COPY\\s+[\\s\\S]+\\sTO\\s+STDOUT\\b`, "i");
const SETS = new RegExp(`^${COMMENTS}(SET\\s+(?!LOCAL|TRANSACTION|CONSTRAINTS)[^;]+|RESET\\s+[^;]+)`, "i");
const literal = (value) => `'${value.replaceAll("'", "''")}'`;

let sessions = 0;

export class Session {
  constructor(socket, engine, turns) {
    this.socket = socket;
    this.engine = engine;
    this.turns = turns;
    this.number = ++sessions;
    this.waiting = Buffer.alloc(0);
    this.unit = [];
    this.settings = [];
    this.unsure = [];
    this.statements = new Set();
    this.holds = false;
    this.state = "I";
    this.copy = null;
    this.work = Promise.resolve();
    socket.on("data", (bytes) => this.take(bytes));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => (this.work = this.work.then(() => this.leave())));
  }

  take(bytes) {
    this.waiting = this.waiting.length ? Buffer.concat([this.waiting, bytes]) : bytes;
    while (!this.started && this.waiting.length >= 8 && this.waiting.length >= this.waiting.readInt32BE(0)) {
      const first = this.waiting.subarray(0, this.waiting.readInt32BE(0));
      this.waiting = this.waiting.subarray(first.length);
      this.begin(first);
    }
    if (!this.started) return;
    const [whole, left] = split(this.waiting);
    this.waiting = left;
    for (const one of whole) this.gather(Buffer.from(one));
  }

  begin(bytes) {
    const code = bytes.readInt32BE(4);
    if (code === SSL || code === GSS) return void this.socket.write("N");
    if (code === CANCEL) return void this.socket.end();
    this.started = true;
    const pairs = bytes.toString("utf8", 8).split("\0").filter(Boolean);
    for (let i = 0; i + 1 < pairs.length; i += 2) this.option(pairs[i], pairs[i + 1]);
    this.work = this.work.then(() => this.greet());
  }

  option(name, value) {
    if (name === "options") {
      for (const [, key, set] of value.matchAll(/-c\s*([\w.]+)=((?:\\.|\S)*)/g)) this.option(key, set.replaceAll("\\", ""));
    } else if (!["user", "database", "replication"].includes(name)) {
      this.settings.push(`SET ${name} = ${literal(value)}`);
    }
  }

  async greet() {
    if (!(await this.enter())) return;
    const shown = await this.engine.rows(`SELECT ${REPORTED.map((name) => `current_setting('${name}') AS "${name}"`).join()}`);
    const reports = REPORTED.map((name) => message("S", name, shown[0][name]));
    this.leaveTurn();
    this.socket.write(Buffer.concat([message("R", int32(0)), ...reports, message("K", int32(this.number), int32(1)), ready("I")]));
  }

  // Messages up to a point where the client waits for an answer.
  gather(one) {
    const type = typeOf(one);
    if (type === "X") return void this.socket.end();
    this.unit.push(one);
    if (!"QSHFcf".includes(type)) return;
    const unit = this.unit;
    this.unit = [];
    this.work = this.work.then(() => this.answer(unit));
  }

  async answer(unit) {
    if (this.copy) return this.endCopy(unit);
    if (!(await this.enter())) return void this.socket.write(Buffer.concat([failure("55P03", "another session holds the only transaction of this engine"), ready("I")]));
    const sql = unit.map((one) => this.sql(one)).filter(Boolean);
    this.unsure.push(...sql.map((one) => SETS.exec(one)?.[1]).filter(Boolean));
    if (sql.length === 1 && COPY_IN.test(sql[0])) return this.beginCopy(sql[0]);
    if (sql.length === 1 && COPY_OUT.test(sql[0])) return this.copyOut(sql[0]);
    this.finish(this.engine.send(Buffer.concat(unit.map((one) => this.named(one)))));
  }

  sql(one) {
    if (typeOf(one) === "Q") return text(one, 5)[0];
    return typeOf(one) === "P" ? text(one, text(one, 5)[1])[0] : "";
  }

  async beginCopy(sql) {
    const target = COPY_IN.exec(sql)[1];
    const listed = /\(([^)]*)\)\s*$/.exec(target);
    const table = target.replace(/\s*\([^)]*\)\s*$/, "");
    const columns = listed ? listed[1].split(",").length : (await this.engine.rows(
      `SELECT count(*)::int AS n FROM pg_attribute WHERE attrelid = to_regclass(${literal(table)}) AND attnum > 0 AND NOT attisdropped`))[0].n;
    const format = /\bBINARY\b/i.test(sql.slice(sql.search(/STDIN/i))) ? 1 : 0;
    this.copy = sql.replace(/\bFROM\s+STDIN\b/i, "FROM '/dev/blob'");
    this.socket.write(message("G", Buffer.from([format]), int16(columns), ...Array(columns).fill(int16(format))));
  }

  async endCopy(unit) {
    const type = typeOf(unit.at(-1));
    if (type !== "c" && type !== "f") return; // the Sync behind a COPY in the extended protocol
    const sql = this.copy;
    this.copy = null;
    if (type === "f") {
      const reason = literal("COPY from stdin failed: " + text(unit.at(-1), 5)[0]);
      return this.finish(this.engine.send(query(`DO $$ BEGIN RAISE query_canceled USING MESSAGE = ${reason}; END $$`)));
    }
    const content = unit.filter((one) => typeOf(one) === "d").map((one) => one.subarray(5));
    this.finish(await this.engine.copyIn(sql, Buffer.concat(content)));
  }

  async copyOut(sql) {
    const format = /\bBINARY\b/i.test(sql.slice(sql.lastIndexOf("STDOUT"))) ? 1 : 0;
    const [content, answer] = await this.engine.copyOut(sql.replace(/\bTO\s+STDOUT\b(?![\s\S]*\bTO\s+STDOUT\b)/i, "TO '/dev/blob'"));
    if (typeOf(answer) !== "E") {
      const columns = width(content, format);
      this.socket.write(message("H", Buffer.from([format]), int16(columns), ...Array(columns).fill(int16(format))));
      for (const row of pieces(content, format)) this.socket.write(message("d", row));
      this.socket.write(message("c"));
    }
    this.finish(answer);
  }

  // Names of prepared statements are one space for all: each session gets its own part of it.
  named(one) {
    const own = (name) => (name ? `s${this.number}_${name}` : "");
    const type = typeOf(one);
    if (type === "P") {
      const [name, at] = text(one, 5);
      if (name) this.statements.add(own(name));
      return message("P", own(name), one.subarray(at));
    }
    if (type === "B") {
      const [portal, at] = text(one, 5);
      const [name, behind] = text(one, at);
      return message("B", portal, own(name), one.subarray(behind));
    }
    if ((type === "D" || type === "C") && one[5] === 83) return message(type, one.subarray(5, 6), own(text(one, 6)[0]));
    const dropped = type === "Q" && /^\s*DEALLOCATE\s+"?(\w+)"?\s*$/i.exec(text(one, 5)[0]);
    return dropped && dropped[1].toUpperCase() !== "ALL" ? query(`DEALLOCATE "${own(dropped[1])}"`) : one;
  }

  finish(answer) {
    const [messages] = split(answer);
    const last = messages.findLast((one) => typeOf(one) === "Z");
    if (last) {
      this.state = String.fromCharCode(last[5]);
      if (this.state === "I") {
        const undone = messages.some((one) => typeOf(one) === "E" || (typeOf(one) === "C" && text(one, 5)[0] === "ROLLBACK"));
        if (!undone) this.settings.push(...this.unsure);
        this.unsure = [];
        this.leaveTurn();
      }
    }
    this.socket.write(answer);
  }

  async enter() {
    if (this.holds) return true;
    this.holds = await this.turns.take(PATIENCE_MS);
    if (!this.holds) return false;
    if (this.turns.last !== this) {
      this.engine.send(query("RESET SESSION AUTHORIZATION"));
      this.engine.send(query("RESET ALL"));
      this.engine.send(query(`SET search_path = "$user", public`)); // the engine was started with another one
      for (const one of this.settings) this.engine.send(query(one));
      this.turns.last = this;
    }
    return true;
  }

  leaveTurn() {
    if (!this.holds) return;
    this.holds = false;
    this.turns.give();
  }

  async leave() {
    if (!(await this.enter())) return;
    if (this.state !== "I") this.engine.send(query("ROLLBACK"));
    for (const name of this.statements) this.engine.send(query(`DEALLOCATE "${name}"`));
    this.leaveTurn();
  }
}

// The single backend: who waits longest is next.
export class Turns {
  taken = false;
  queue = [];

  take(patience_ms) {
    if (!this.taken) {
      this.taken = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiter = { resolve };
      waiter.timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(waiter), 1);
        resolve(false);
      }, patience_ms);
      this.queue.push(waiter);
    });
  }

  give() {
    const next = this.queue.shift();
    if (!next) return void (this.taken = false);
    clearTimeout(next.timer);
    next.resolve(true);
  }
}

// Columns of the first row, which the engine does not tell: tabs of a text, or the count that a binary row begins with.
function width(content, format) {
  if (format === 1) return content.length > 21 ? content.readInt16BE(19) : 0;
  const end = content.indexOf(10);
  return content.subarray(0, Math.max(end, 0)).filter((byte) => byte === 9).length + 1;
}

function* pieces(content, format) {
  if (format === 1) return void (content.length && (yield content));
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(10, at) + 1 || content.length;
    yield content.subarray(at, end);
    at = end;
  }
}
