// PostgreSQL's messages: a type byte, a length that counts itself, content.

export function message(type, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part + "\0") : part)));
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

export const query = (sql) => message("Q", sql);
export const ready = (state) => message("Z", Buffer.from(state));
export const typeOf = (bytes) => String.fromCharCode(bytes[0]);

export function int32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

export function int16(number) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(number);
  return bytes;
}

export function failure(code, text) {
  const fields = ["SERROR", "VERROR", `C${code}`, `M${text}`].map((field) => Buffer.from(field + "\0"));
  return message("E", ...fields, Buffer.from([0]));
}

// Whole messages at the front of `bytes`, and what is left.
export function split(bytes) {
  const whole = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    whole.push(bytes.subarray(at, end));
    at = end;
  }
  return [whole, bytes.subarray(at)];
}

// A zero-terminated text and the place behind it.
export function text(bytes, at) {
  const end = bytes.indexOf(0, at);
  return [bytes.toString("utf8", at, end), end + 1];
}
