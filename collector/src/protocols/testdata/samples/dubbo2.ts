import { big, bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

const text = (value: string): Uint8Array => concat(Uint8Array.of(bytes(value).length), bytes(value));

/** Header of 16 bytes, then the body (Dubbo, ExchangeCodec.java). */
function message(flags: number, status: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0xda, 0xbb, flags, status), big(8, 42), big(4, body.length), body);
}

const call = concat(
  text('2.0.2'),
  text('shop.api.OrderService'),
  text('1.0'),
  text('place'),
  text('Ljava/lang/String;'),
  text(SECRET),
);

export const DUBBO2_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'call in Hessian',
    request: message(0xc2, 0, call),
    response: message(0x02, 20, text('ok')),
    status: 0,
    expected: { spanName: 'shop.api.OrderService/place', ...OK },
  },
  {
    title: 'call in JSON, without threads left',
    request: message(0xc6, 0, bytes(`"2.0.2"\n"shop.api.OrderService"\n"1.0"\n"place"\n"${SECRET}"\n`)),
    response: message(0x06, 100, bytes(SECRET)),
    status: 1,
    expected: {
      spanName: 'shop.api.OrderService/place',
      failed: true,
      statusMessage: 'SERVER_THREADPOOL_EXHAUSTED_ERROR',
    },
  },
  {
    title: 'heartbeat',
    request: message(0xe2, 0, Uint8Array.of(0x4e)),
    response: message(0x22, 20, Uint8Array.of(0x4e)),
    status: 0,
    expected: { spanName: 'heartbeat', ...OK },
  },
];
