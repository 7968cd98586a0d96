import { indexOfByte, textOf, uint32At } from './bytes.ts';

/** One frontend or backend message; the body may be cut by the end of what was captured. */
export interface PostgresMessage {
  /** ASCII code of the message type. */
  readonly type: number;
  readonly bodyFrom: number;
  readonly bodyTo: number;
}

const HEADER = 5;
/** More messages than fit into a captured payload with content: stops work on garbage. */
const MESSAGE_LIMIT = 64;

/** Messages in order; ends at the first one that is cut or malformed (a cut one is still given). */
export function* postgresMessages(bytes: Uint8Array): Generator<PostgresMessage> {
  let at = 0;
  for (let count = 0; count < MESSAGE_LIMIT && at + HEADER <= bytes.length; count++) {
    const length = uint32At(bytes, at + 1);
    if (length < 4) return;
    const bodyTo = at + 1 + length;
    yield { type: bytes[at]!, bodyFrom: at + HEADER, bodyTo: Math.min(bodyTo, bytes.length) };
    at = bodyTo;
  }
}

/** Text up to the next NUL in a message's body, and where the following field begins. */
export function cString(bytes: Uint8Array, from: number, to: number): { text: string; next: number } {
  const end = indexOfByte(bytes, 0, from, to);
  return end < 0
    ? { text: textOf(bytes, from, to), next: to }
    : { text: textOf(bytes, from, end), next: end + 1 };
}
