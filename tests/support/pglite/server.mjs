// node server.mjs PORT FOLDER: TimescaleDB for PostgreSQL's clients on loopback. A parent keeps it: when the engine dies, its
// clients lose their connections as they would with PostgreSQL, and a new one goes on with what was committed.
import { fork } from "node:child_process";
import net from "node:net";
import { fileURLToPath } from "node:url";

const [port, folder, child] = process.argv.slice(2);

if (child) {
  const { Engine } = await import("./engine.mjs");
  const { Session, Turns } = await import("./session.mjs");
  const engine = await Engine.open(folder);
  const turns = new Turns();
  net.createServer({ noDelay: true }, (socket) => new Session(socket, engine, turns)).listen(Number(port), "127.0.0.1", () => process.send("ready"));
  process.on("disconnect", () => process.exit(0));
} else {
  let worker;
  const start = () => {
    worker = fork(fileURLToPath(import.meta.url), [port, folder, "child"]);
    worker.on("message", () => process.stdout.write(`ready ${worker.pid}\n`));
    worker.on("exit", (code) => {
      process.stdout.write(`ended ${code}\n`);
      start();
    });
  };
  start();
  // The end of our input is the end of who started us, in whatever way.
  process.stdin.on("end", () => worker.removeAllListeners("exit").on("exit", () => process.exit(0)).kill("SIGKILL")).resume();
}
