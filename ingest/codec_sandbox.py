"""The process that runs vendors' JavaScript: a line of JSON in, a line out.

Started by `ingest.codec_process` as a script with an empty environment and no file but its two pipes, so it
imports nothing of this project. Each message gets a fresh context: `Date` stands still at the message's time,
`Math.random` repeats itself, and there is nothing to read from or write to.
"""

import json
import resource
import sys
import time
from typing import Any

import quickjs

_ADDRESS_SPACE_BYTES = 512 * 2**20
_SHOWN = 160

_PRELUDE = """(function (now) {
  const Real = Date;
  function Frozen(...parts) {
    if (!new.target) return new Real(now).toString();
    return Reflect.construct(Real, parts.length ? parts : [now], new.target);
  }
  Frozen.prototype = Real.prototype;
  Real.prototype.constructor = Frozen;
  Frozen.now = () => now;
  Frozen.parse = Real.parse;
  Frozen.UTC = Real.UTC;
  globalThis.Date = Frozen;
  let seed = now >>> 0;
  Math.random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 4294967296;
  delete globalThis.performance;
  const silent = () => undefined;
  globalThis.console = {log: silent, info: silent, warn: silent, error: silent, debug: silent};
  globalThis.module = {exports: {}};
  globalThis.exports = module.exports;
})(%d);"""

_CALL = """(function (stringify, input, named) {
  const found = (name) => typeof named[name] === 'function' ? named[name] : module.exports[name];
  const uplink = found('decodeUplink');
  if (typeof uplink === 'function') {
    input.recvTime = new Date();
    return stringify({kind: 'uplink', result: uplink(input)});
  }
  const decoder = found('Decoder'), decode = found('Decode');
  if (typeof decoder === 'function')
    return stringify({kind: 'fields', result: decoder(input.bytes, input.fPort)});
  if (typeof decode === 'function')
    return stringify({kind: 'fields', result: decode(input.fPort, input.bytes, input.variables)});
  return stringify({kind: 'none'});
})(%s, %s, {
  decodeUplink: typeof decodeUplink === 'undefined' ? null : decodeUplink,
  Decoder: typeof Decoder === 'undefined' ? null : Decoder,
  Decode: typeof Decode === 'undefined' ? null : Decode,
})"""


def main() -> None:
    """Answer requests until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, _ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    sources: dict[str, str] = {}
    _answer({"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "source" in request:
            sources[request["codec"]] = request["source"]
        _answer(_run(sources[request["codec"]], request))


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def _run(source: str, request: dict[str, Any]) -> dict[str, Any]:
    """`text`: JSON of what the codec gave; or `error`, and `late` when its time was over."""
    limit_s = request["limit_s"]
    started = time.process_time()
    context = quickjs.Context()
    context.set_memory_limit(request["memory_bytes"])

    def run(code: str) -> Any:
        # The limit counts processor time from each call on; all calls together get it once.
        context.set_time_limit(max(1e-3, limit_s - (time.process_time() - started)))
        return context.eval(code)

    try:
        run(_PRELUDE % request["now_ms"])
        # Taken before the codec runs, which may replace what belongs to everybody.
        run("globalThis.__stringify = JSON.stringify;")
        run(source)
        text = run(_CALL % ("__stringify", json.dumps(request["input"])))
        if not isinstance(text, str):
            return {"error": "gave nothing"}
        if len(text) > request["answer_bytes"]:
            return {"error": f"gave {len(text)} characters"}
        return {"text": text}
    except Exception as error:  # whatever the engine makes of a codec is the codec's fault
        late = time.process_time() - started >= limit_s
        lines = str(error).splitlines() or [type(error).__name__]
        return {"error": lines[0][:_SHOWN], "late": late}


if __name__ == "__main__":
    main()
