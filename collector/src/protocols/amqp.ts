import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { AMQP_REPLIES, amqpMethodName } from './amqp-methods.ts';
import { ByteReader } from './byte-reader.ts';
import { nameOrNone } from './database-description.ts';
import { defineProtocol } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { destinationShape } from './destination-shape.ts';
import { describeMessaging } from './messaging-description.ts';
import type { MessagingOperationType } from './messaging-description.ts';

const METHOD_FRAME = 1;
const LARGEST_FRAME_TYPE = 8;
const FRAME_END = 0xce;
const FRAMES_LIMIT = 32;

interface Method {
  readonly name: string;
  /** At the first argument. */
  readonly body: ByteReader;
}

/** Method frames in order; content frames are passed over. Ends at what is no frame. */
function* methods(bytes: Uint8Array): Generator<Method> {
  let at = 0;
  for (let count = 0; count < FRAMES_LIMIT; count++) {
    const header = new ByteReader(bytes, at);
    const type = header.big(1);
    header.skip(2); // channel
    const size = header.big(4);
    const end = header.at + size;
    if (header.cut || type === 0 || type > LARGEST_FRAME_TYPE) return;
    if (end < bytes.length && bytes[end] !== FRAME_END) return;
    const body = new ByteReader(bytes, header.at, end);
    if (type === METHOD_FRAME) {
      const name = amqpMethodName(body.big(2), body.big(2));
      if (name === undefined || body.cut) return;
      yield { name, body };
    }
    at = end + 1;
  }
}

interface Subject {
  /** Exchange, or queue where no exchange is named. */
  readonly destination: string;
  readonly routingKey: string;
}

const NO_SUBJECT: Subject = { destination: '', routingKey: '' };

/** A short string; '' when cut, since half a name is another name. */
function shortText(body: ByteReader): string {
  const text = body.text(body.big(1));
  return body.cut ? '' : nameOrNone(text);
}

/** Messages to the exchange without a name go to the queue that the routing key names. */
function routed(body: ByteReader): Subject {
  const exchange = shortText(body);
  const routingKey = destinationShape(shortText(body));
  const destination = exchange || (body.cut ? '' : routingKey || 'amq.default');
  return { destination: destinationShape(destination), routingKey };
}

function subjectOf({ name, body }: Method): Subject {
  switch (name) {
    case 'publish':
      body.skip(2);
      return routed(body);
    case 'deliver':
      shortText(body); // consumer tag
      body.skip(9);
      return routed(body);
    case 'get-ok':
      body.skip(9);
      return routed(body);
    case 'return':
      body.skip(2);
      shortText(body);
      return routed(body);
    default:
      if (!/^(get|consume|(queue|exchange)\.(declare|bind|unbind|delete|purge))$/.test(name))
        return NO_SUBJECT;
      body.skip(2);
      return { ...NO_SUBJECT, destination: destinationShape(shortText(body)) };
  }
}

const TYPES: ReadonlyMap<string, MessagingOperationType> = new Map([
  ['publish', 'send'],
  ['deliver', 'receive'],
  ['get', 'receive'],
  ['get-ok', 'receive'],
  ['ack', 'settle'],
  ['nack', 'settle'],
  ['reject', 'settle'],
  ['queue.declare', 'create'],
  ['exchange.declare', 'create'],
]);

interface AmqpError {
  readonly code: string;
  readonly message: string;
}

const OK = 200;

/** Why a channel or connection was closed, or a message came back. Text up to its first quote: `no queue ?`. */
function errorIn({ name, body }: Method): AmqpError | undefined {
  if (name !== 'channel.close' && name !== 'connection.close' && name !== 'return') return undefined;
  const code = body.big(2);
  if (body.cut || code === OK) return undefined;
  const text = body.text(body.big(1)).replace(/^[A-Z_]+ - /, '');
  const plain = text
    .replace(/['"][^]*/, '?')
    .replace(/\d+/g, '?')
    .replace(/[^ -~]/g, '');
  const known = AMQP_REPLIES.get(code);
  return { code: known ? `${code} ${known}` : String(code), message: plain };
}

function errorOf(bytes: Uint8Array): AmqpError | undefined {
  for (const method of methods(bytes)) {
    const error = errorIn(method);
    if (error) return error;
  }
  return undefined;
}

function describe(request: CapturedRequest): RequestDescription {
  const { payload, response } = request;
  const method = methods(payload).next().value as Method | undefined;
  const error = errorOf(response) ?? errorOf(payload);
  const { destination, routingKey } = method ? subjectOf(method) : NO_SUBJECT;
  const operation = method?.name ?? '';
  return describeMessaging({
    protocol: 'amqp',
    system: 'rabbitmq',
    operation,
    type: TYPES.get(operation),
    destination,
    failed: error !== undefined, // the status is GS_METHOD_*
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    more: { [SPAN_ATTRIBUTES.messagingRoutingKey]: routingKey },
  });
}

export const amqp = defineProtocol({
  id: 'amqp',
  number: 9,
  name: 'AMQP 0-9-1',
  statusLabel: () => 'ok',
  describe,
});
