import { parseDns } from '../dns/message.ts';
import { Http2Connection } from '../http2/connection.ts';
import { HpackDecoder } from '../http2/hpack.ts';
import { PROTOCOL_DEFINITIONS } from '../index.ts';
import { PreparedStatements } from '../prepared-statements.ts';
import { SAMPLES } from '../testdata/samples.ts';
import { contextOfHttp1 } from '../trace-context.ts';

/** Something that is fed bytes from the wire. */
export interface FuzzSubject {
  readonly name: string;
  /** What inputs are made from. */
  readonly seeds: readonly Uint8Array[];
  /** Reads one input. Throws when the reader throws, or when what it says breaks a promise. */
  readonly run: (input: Uint8Array) => void;
}

const MOST_ATTRIBUTES = 40;
const LONGEST = 600;

function promise(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken promise: ${what}`);
}

const protocols = PROTOCOL_DEFINITIONS.map((definition): FuzzSubject => {
  const samples = SAMPLES[definition.id];
  const statements = new PreparedStatements();
  let turn = 0;
  return {
    name: definition.id,
    seeds: samples.flatMap(({ request, response }) => [request, response]).filter((one) => one.length > 0),
    run(input) {
      const other = samples[turn++ % samples.length]!.response;
      const description = definition.describe(
        {
          payload: turn % 3 === 0 ? samples[turn % samples.length]!.request : input,
          response: turn % 3 === 0 ? input : other,
          status: turn % 2,
          direction: turn % 5 === 0 ? 'inbound' : 'outbound',
          connection: () => `c${turn % 7}`,
        },
        statements,
      );
      const texts = Object.values(description.attributes);
      promise(
        description.spanName.length > 0 && description.spanName.length <= LONGEST,
        'a span has a short name',
      );
      promise(
        texts.length <= MOST_ATTRIBUTES && texts.every((text) => text.length <= LONGEST),
        'attributes are bounded',
      );
      promise(description.failed === (description.statusMessage !== ''), 'a message goes with a failure');
    },
  };
});

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const HEADERS = hex('828684418cf1e3c2e5f23a6ba0ab90f4ff');
const FRAMES = hex(
  `${Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')}000000040000000000000011010500000001${Buffer.from(HEADERS).toString('hex')}00000501040000000100`,
);

const others: readonly FuzzSubject[] = [
  {
    name: 'hpack',
    seeds: [HEADERS, hex('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'), hex('3fe11f')],
    run: (input) => {
      const decoder = new HpackDecoder();
      for (let i = 0; i < 2; i++)
        for (const { value } of decoder.decode(input))
          promise((value?.length ?? 0) <= 4096, 'values are bounded');
    },
  },
  {
    name: 'http2',
    seeds: [FRAMES, FRAMES.subarray(24)],
    run: (input) => {
      const connection = new Http2Connection();
      const half = input.length >> 1;
      connection.feed({
        fromClient: true,
        bytes: input.subarray(0, half),
        time: 1n,
        sequence: 0,
        lost: false,
      });
      connection.feed({
        fromClient: true,
        bytes: input.subarray(half),
        time: 2n,
        sequence: half,
        lost: false,
      });
      connection.feed({ fromClient: false, bytes: input, time: 3n, sequence: 0, lost: false });
      connection.close(4n);
      promise(connection.open === 0, 'a closed connection has no streams');
    },
  },
  {
    name: 'dns',
    seeds: [
      hex('0102010000010000000000000473686f70076578616d706c6503636f6d00001c0001'),
      hex(
        '0102818000010001000000000473686f70076578616d706c6503636f6d0000010001c00c000100010000003c0004c0000207',
      ),
    ],
    run: (input) => {
      const found = parseDns(input);
      promise(
        (found?.name.length ?? 0) <= 255 && (found?.addresses.length ?? 0) <= 32,
        'a name and its addresses are bounded',
      );
    },
  },
  {
    name: 'trace-context',
    seeds: [
      Buffer.from(
        `GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n`,
      ),
      Buffer.from(`GET / HTTP/1.1\r\nb3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1\r\n\r\n`),
    ],
    run: (input) => {
      const found = contextOfHttp1(input);
      promise(!found || (found.traceId.length === 32 && found.spanId.length === 16), 'ids have their length');
    },
  },
];

export const FUZZ_SUBJECTS: readonly FuzzSubject[] = [...protocols, ...others];
