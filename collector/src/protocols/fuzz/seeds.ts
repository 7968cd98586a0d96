/** Inputs to mutate for parsers that have no samples of the contract kit. */
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Of RFC 7541, C.4 (requests) and C.6 (answers). */
const REQUESTS = [
  '828684418cf1e3c2e5f23a6ba0ab90f4ff',
  '828684be5886a8eb10649cbf',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
];
const ANSWERS = [
  '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
  '4883640effc1c0bf',
];

export const HPACK_SEEDS: readonly Uint8Array[] = [
  ...[...REQUESTS, ...ANSWERS].map(hex),
  hex(REQUESTS.join('')),
  hex('3fe11f 4003782d79037a7a7a be 3f00 20'),
];

/** A chunk of runHttp2: flags, length, and one frame. */
function chunk(fromClient: boolean, type: number, flags: number, streamId: number, body: string): string {
  const size = body.length / 2;
  const header = `${size.toString(16).padStart(6, '0')}${byte(type)}${byte(flags)}${streamId.toString(16).padStart(8, '0')}`;
  return `${byte(fromClient ? 1 : 0)}${byte(size + 9)}${header}${body}`;
}

const byte = (value: number): string => value.toString(16).padStart(2, '0');

const SETTINGS = chunk(true, 4, 0, 0, '00040000ffff');
const exchange = (id: number): string =>
  [chunk(true, 1, 5, id, REQUESTS[0]!), chunk(false, 1, 4, id, ANSWERS[0]!), chunk(false, 0, 1, id, '')].join(
    '',
  );

export const HTTP2_SEEDS: readonly Uint8Array[] = [
  hex(SETTINGS + exchange(1) + exchange(3)),
  hex(
    chunk(true, 1, 1, 1, REQUESTS[0]!.slice(0, 10)) +
      chunk(true, 9, 4, 1, REQUESTS[0]!.slice(10)) +
      chunk(false, 3, 0, 1, '00000008'),
  ),
  hex(
    chunk(true, 1, 0x2d, 1, `02 0000000010 ${REQUESTS[0]!} 0000`.replaceAll(' ', '')) +
      chunk(false, 7, 0, 0, '0000000000000000'),
  ),
  // identities in front of requests: a short and a whole one
  hex(chunk(true, 0xf1, 0, 1, '0102030405060708') + exchange(1)),
  hex(chunk(true, 0xf1, 0, 1, '0102030405060708'.repeat(6)) + exchange(1)),
  hex(exchange(1) + chunk(false, 5, 4, 1, `00000002${REQUESTS[1]!}`) + chunk(false, 1, 5, 2, ANSWERS[1]!)),
];

export const DNS_SEEDS: readonly Uint8Array[] = [
  hex('0102 0100 0001 0000 0000 0000 0473686f70076578616d706c6503636f6d00 001c 0001'),
  hex(
    '0102 8180 0001 0003 0000 0000 0473686f70076578616d706c6503636f6d00 0001 0001' +
      'c00c 0005 0001 0000003c 0006 0377 7777 c011' +
      'c00c 0001 0001 0000003c 0004 c0000207' +
      'c00c 001c 0001 0000003c 0010 20010db8000000000000000000000001',
  ),
  hex('001c 0102 8183 0001 0000 0000 0000 026e6f0473756368 00 0001 0001'),
];

export const HTTP1_SEEDS: readonly Uint8Array[] = [
  text(
    'GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\nbody',
  ),
  text(
    'POST /x HTTP/1.1\r\nB3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90\r\n\r\n',
  ),
  text(
    'GET / HTTP/1.1\r\nX-B3-TraceId: 463ac35c9f6413ad\r\nX-B3-SpanId: a2fb4a1d1a96d312\r\nX-B3-Sampled: 1\r\n\r\n',
  ),
];
