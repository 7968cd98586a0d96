import { indexOfByte, textOf } from './bytes.ts';
import { defineProtocol } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { destinationShape } from './destination-shape.ts';
import { describeMessaging } from './messaging-description.ts';
import type { MessagingOperationType } from './messaging-description.ts';

/** Longest control line that servers take (max_control_line). */
const LINE_LIMIT = 4096;
const LINE_FEED = 0x0a;
const LINES_LIMIT = 16;
const SUBJECT = /^[!-~\u00a1-\ufffc]{1,255}$/;

interface Line {
  readonly verb: string;
  readonly words: readonly string[];
  /** Where the next line begins. */
  readonly next: number;
  readonly whole: boolean;
}

function lineAt(bytes: Uint8Array, from: number): Line | undefined {
  const limit = Math.min(bytes.length, from + LINE_LIMIT);
  const end = indexOfByte(bytes, LINE_FEED, from, limit);
  const whole = end >= 0;
  const [verb = '', ...words] = textOf(bytes, from, whole ? end : limit)
    .trimEnd()
    .split(/[ \t]+/, 6);
  return verb === '' ? undefined : { verb: verb.toUpperCase(), words, next: whole ? end + 1 : limit, whole };
}

interface Operation {
  readonly name: string;
  readonly type: MessagingOperationType | undefined;
  readonly carriesMessage: boolean;
  /** Words before the reply subject when there is one; negative: never. */
  readonly replyAfter: number;
  /** Number of words without a reply subject. */
  readonly words: number;
}

function operation(name: string, type?: MessagingOperationType, replyAfter = -1, words = 0): Operation {
  return { name, type, carriesMessage: replyAfter >= 0, replyAfter, words };
}

/** Source: NATS client protocol. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['PUB', operation('publish', 'send', 1, 2)],
  ['HPUB', operation('publish', 'send', 1, 3)],
  ['MSG', operation('deliver', 'receive', 2, 3)],
  ['HMSG', operation('deliver', 'receive', 2, 4)],
  ['SUB', operation('subscribe', 'create')],
  ['UNSUB', operation('unsubscribe')],
  ['CONNECT', operation('connect')],
  ['INFO', operation('info')],
  ['PING', operation('ping')],
  ['PONG', operation('pong')],
  ['+OK', operation('ok')],
  ['-ERR', operation('error')],
]);

/** The first line that carries a message, else the first line: clients subscribe and publish in one write. */
function mainLine(payload: Uint8Array): Line | undefined {
  const first = lineAt(payload, 0);
  for (let line = first, count = 0; line && count < LINES_LIMIT; count++) {
    const found = OPERATIONS.get(line.verb);
    if (!found) break;
    if (found.carriesMessage) return line;
    line = line.whole && line.next < payload.length ? lineAt(payload, line.next) : undefined;
  }
  return first;
}

interface NatsError {
  readonly code: string;
  readonly message: string;
}

/** `-ERR 'Permissions Violation for Publish to "a.b"'`: the subject is masked. */
function serverError(bytes: Uint8Array): NatsError | undefined {
  const line = lineAt(bytes, 0);
  if (line?.verb !== '-ERR') return undefined;
  const text = textOf(bytes, 0, line.next).slice(5).trim().replaceAll("'", '');
  return { code: '-ERR', message: text.replace(/"[^]*/, '?').replace(/[^ -~]/g, '') };
}

/** Status in the headers of a delivered message: 503 tells a requester that nobody listens. */
function statusError(payload: Uint8Array, line: Line): NatsError | undefined {
  if (line.verb !== 'HMSG' || !line.whole) return undefined;
  const status = /^NATS\/1\.\d ([45]\d\d)(?: ([ -~]{0,60}))?/.exec(
    textOf(payload, line.next, line.next + 80),
  );
  if (!status || status[1] === '404' || status[1] === '408') return undefined; // no messages yet, pull timeout
  return { code: status[1]!, message: status[1] === '503' ? 'no responders' : (status[2] ?? '') };
}

function describe(request: CapturedRequest): RequestDescription {
  const { payload, response } = request;
  const line = mainLine(payload);
  const found = line && OPERATIONS.get(line.verb);
  const named =
    found && (found.carriesMessage || line.verb === 'SUB') && (line.whole || line.words.length > 1);
  const subject = named ? (line.words[0] ?? '') : '';
  const asks = found?.name === 'publish' && line!.words.length > found.words;
  const error = (line && statusError(payload, line)) ?? serverError(response) ?? serverError(payload);
  return describeMessaging({
    protocol: 'nats',
    system: 'nats',
    operation: asks ? 'request' : (found?.name ?? ''),
    type: found?.type,
    destination: SUBJECT.test(subject) ? destinationShape(subject) : '',
    failed: error !== undefined, // the status is GS_METHOD_*
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
  });
}

export const nats = defineProtocol({
  id: 'nats',
  number: 10,
  name: 'NATS',
  statusLabel: () => 'ok',
  describe,
});
