import { bytes, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

export const NATS_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'publish',
    request: bytes(`PUB orders.42.paid ${SECRET.length}\r\n${SECRET}\r\n`),
    response: bytes('+OK\r\n'),
    status: 0,
    expected: { spanName: 'publish orders.*.paid', ...OK },
  },
  {
    title: 'request with headers',
    request: bytes(
      `HPUB stock.check _INBOX.f3Aq2ZpQ.1 ${15 + SECRET.length} 40\r\nNATS/1.0\r\na: ${SECRET}\r\n\r\n{}\r\n`,
    ),
    response: bytes(''),
    status: 0,
    expected: { spanName: 'request stock.check', ...OK },
  },
  {
    title: 'subscription before a publication in one write',
    request: bytes(`SUB _INBOX.f3Aq2ZpQ.* 1\r\nPUB jobs 3\r\nabc\r\n`),
    response: bytes(''),
    status: 0,
    expected: { spanName: 'publish jobs', ...OK },
  },
  {
    title: 'delivery to an inbox that nobody answered',
    request: bytes('HMSG _INBOX.f3Aq2ZpQ.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n'),
    response: bytes(''),
    status: 0,
    expected: { spanName: 'deliver _INBOX.*', failed: true, statusMessage: '503: no responders' },
  },
  {
    title: 'refused publication',
    request: bytes(`PUB secrets 1\r\nx\r\n`),
    response: bytes(`-ERR 'Permissions Violation for Publish to "${SECRET}"'\r\n`),
    status: 1,
    expected: {
      spanName: 'publish secrets',
      failed: true,
      statusMessage: '-ERR: Permissions Violation for Publish to ?',
    },
  },
  {
    title: 'connect with a password',
    request: bytes(`CONNECT {"user":"shop","pass":"${SECRET}"}\r\nPING\r\n`),
    response: bytes('PONG\r\n'),
    status: 0,
    expected: { spanName: 'connect', ...OK },
  },
];
