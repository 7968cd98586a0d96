import { ByteReader } from '../byte-reader.ts';

/** A query, or an answer with what it says. Names are lowercase, without the last dot. */
export interface DnsMessage {
  readonly id: number;
  readonly isAnswer: boolean;
  /** RFC 6895: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED … */
  readonly rcode: number;
  readonly type: string;
  readonly name: string;
  /** Of A and AAAA records, at most MOST_ADDRESSES. */
  readonly addresses: readonly string[];
}

const HEADER = 12;
const LONGEST_NAME = 255;
const MOST_POINTERS = 16;
const MOST_RECORDS = 64;
const MOST_ADDRESSES = 32;
const [A, AAAA] = [1, 28];

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'TypeA'],
  [2, 'TypeNS'],
  [5, 'TypeCNAME'],
  [6, 'TypeSOA'],
  [12, 'TypePTR'],
  [15, 'TypeMX'],
  [16, 'TypeTXT'],
  [28, 'TypeAAAA'],
  [33, 'TypeSRV'],
  [35, 'TypeNAPTR'],
  [43, 'TypeDS'],
  [48, 'TypeDNSKEY'],
  [64, 'TypeSVCB'],
  [65, 'TypeHTTPS'],
  [255, 'TypeANY'],
  [257, 'TypeCAA'],
]);

/** Names of rcodes as the metric's `status` has them. */
export const RCODES: ReadonlyMap<number, string> = new Map([
  [0, 'ok'],
  [1, 'format_error'],
  [2, 'servfail'],
  [3, 'nxdomain'],
  [4, 'not_implemented'],
  [5, 'refused'],
]);

/**
 * One message over UDP, or behind its two-byte length over TCP (RFC 1035, 4.1 and 4.2.2). undefined when it is no
 * standard query or answer with one question. Never throws; compression pointers may only lead backwards.
 */
export function parseDns(bytes: Uint8Array, overTcp = false): DnsMessage | undefined {
  const message = overTcp ? bytes.subarray(2) : bytes;
  const reader = new ByteReader(message);
  const id = reader.big(2);
  const flags = reader.big(2);
  const questions = reader.big(2);
  const answers = reader.big(2);
  if (reader.cut || questions !== 1 || (flags >> 11) & 0xf) return undefined;
  const question = readName(message, HEADER);
  if (!question) return undefined;
  const rest = new ByteReader(message, question.next);
  const type = rest.big(2);
  rest.big(2);
  if (rest.cut) return undefined;
  const isAnswer = (flags & 0x8000) !== 0;
  return {
    id,
    isAnswer,
    rcode: flags & 0xf,
    type: TYPES.get(type) ?? `Type${type}`,
    name: question.name,
    addresses: isAnswer ? addressesOf(message, rest.at, answers) : [],
  };
}

interface Name {
  readonly name: string;
  /** Place behind it. */
  readonly next: number;
}

function readName(message: Uint8Array, start: number): Name | undefined {
  const labels: string[] = [];
  let [at, next, length] = [start, -1, 0];
  for (let jumps = 0; jumps <= MOST_POINTERS;) {
    const size = message[at];
    if (size === undefined) return undefined;
    if (size >= 0xc0) {
      const target = ((size & 0x3f) << 8) | (message[at + 1] ?? 0);
      if (at + 1 >= message.length || target >= at) return undefined;
      if (next < 0) next = at + 2;
      at = target;
      jumps++;
      continue;
    }
    if (size > 63) return undefined;
    if (size === 0) return { name: labels.join('.'), next: next < 0 ? at + 1 : next };
    length += size + 1;
    if (length > LONGEST_NAME || at + 1 + size > message.length) return undefined;
    labels.push(labelText(message.subarray(at + 1, at + 1 + size)));
    at += 1 + size;
  }
  return undefined;
}

/** Labels are bytes; what is no letter, digit, hyphen or underscore is shown as `?`. */
const labelText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '?');

function addressesOf(message: Uint8Array, start: number, records: number): string[] {
  const addresses: string[] = [];
  let at = start;
  for (let i = 0; i < Math.min(records, MOST_RECORDS) && addresses.length < MOST_ADDRESSES; i++) {
    const name = readName(message, at);
    if (!name) break;
    const reader = new ByteReader(message, name.next);
    const type = reader.big(2);
    reader.skip(6);
    const length = reader.big(2);
    const data = reader.at;
    reader.skip(length);
    if (reader.cut) break;
    if (type === A && length === 4) addresses.push(message.subarray(data, data + 4).join('.'));
    if (type === AAAA && length === 16) addresses.push(ipv6Text(message.subarray(data, data + 16)));
    at = reader.at;
  }
  return addresses;
}

/** RFC 5952. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let [best, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === '0') run++;
    if (run > length) [best, length] = [i, run];
  }
  if (best < 0) return groups.join(':');
  return `${groups.slice(0, best).join(':')}::${groups.slice(best + length).join(':')}`;
}
