import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { ByteReader } from './byte-reader.ts';
import { attributesFrom, nameOrNone } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';

const HEADER = 16;
const MAGIC = 0xdabb;
const SERIALIZATION = 0x1f;
const EVENT = 0x20;
const HESSIAN2 = 2;
const FASTJSON = 6;

/** Status byte of an answer (Dubbo, Response.java). */
const STATUSES: ReadonlyMap<number, string> = new Map([
  [30, 'CLIENT_TIMEOUT'],
  [31, 'SERVER_TIMEOUT'],
  [35, 'CHANNEL_INACTIVE'],
  [40, 'BAD_REQUEST'],
  [50, 'BAD_RESPONSE'],
  [60, 'SERVICE_NOT_FOUND'],
  [70, 'SERVICE_ERROR'],
  [80, 'SERVER_ERROR'],
  [90, 'CLIENT_ERROR'],
  [100, 'SERVER_THREADPOOL_EXHAUSTED_ERROR'],
]);

interface Invocation {
  readonly service: string;
  readonly method: string;
}

/** A string of Hessian 2.0 (grammar: x00-x1f, x30-x33 b0, S b1 b0); undefined for anything else. */
function hessianString(reader: ByteReader): string | undefined {
  const tag = reader.big(1);
  let length = -1;
  if (tag <= 0x1f) length = tag;
  else if (tag >= 0x30 && tag <= 0x33) length = (tag - 0x30) * 256 + reader.big(1);
  else if (tag === 0x53) length = reader.big(2);
  if (length < 0) return undefined;
  const text = reader.text(length);
  return reader.cut ? undefined : text;
}

/** A body begins with the version of Dubbo, the service, its version, and the method. */
function invocationOf(payload: Uint8Array): Invocation | undefined {
  const reader = new ByteReader(payload);
  if (reader.big(2) !== MAGIC) return undefined;
  const flags = reader.big(1);
  if (flags & EVENT) return { service: '', method: 'heartbeat' };
  reader.skip(HEADER - reader.at);
  const serialization = flags & SERIALIZATION;
  const words =
    serialization === HESSIAN2
      ? Array.from({ length: 4 }, () => hessianString(reader))
      : serialization === FASTJSON
        ? jsonLines(reader)
        : [];
  const [, service = '', , method = ''] = words;
  return { service: javaName(service), method: javaName(method) };
}

function jsonLines(reader: ByteReader): string[] {
  return reader
    .text(Math.min(reader.left, 512))
    .split('\n')
    .slice(0, 4)
    .map((line) => /^"([^"\\]*)"$/.exec(line)?.[1] ?? '');
}

const javaName = (text: string): string => (/^[\w.$]{1,120}$/.test(text) ? nameOrNone(text) : '');

function describe({ payload, response, status }: CapturedRequest): RequestDescription {
  const invocation = invocationOf(payload);
  const failed = status !== 0;
  const reason = failed ? (STATUSES.get(response[3] ?? 0) ?? '') : '';
  const { service = '', method = '' } = invocation ?? {};
  const name = service && method ? `${service}/${method}` : service || method;
  return {
    spanName: name || 'Dubbo',
    attributes: attributesFrom({
      [SPAN_ATTRIBUTES.protocol]: 'dubbo2',
      [SPAN_ATTRIBUTES.rpcSystem]: 'apache_dubbo',
      [SPAN_ATTRIBUTES.rpcService]: service,
      [SPAN_ATTRIBUTES.rpcMethod]: method,
      [SPAN_ATTRIBUTES.errorType]: reason,
    }),
    failed,
    statusMessage: failed ? reason || 'request failed' : '',
  };
}

export const dubbo2 = defineProtocol({
  id: 'dubbo2',
  number: 12,
  name: 'Dubbo 2',
  statusLabel: okOrFailed,
  describe,
});
