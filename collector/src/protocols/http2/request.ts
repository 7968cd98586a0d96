import { contextOfHeaders } from '../trace-context.ts';
import type { TraceContext } from '../trace-context.ts';
import { FIELD, fieldOf, FIRST_OF_TRACE } from './fields.ts';
import type { Fields } from './fields.ts';
import type { RequestIdentity } from './identity.ts';
import type { Text } from './text.ts';

/** A request with its answer. Times as in Http2Chunk. */
export interface Http2Request {
  readonly streamId: number;
  /** undefined when the kernel gave it none. */
  readonly identity: RequestIdentity | undefined;
  /** '' where it was indexed before we looked. */
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  /** 0 without an answer. */
  readonly status: number;
  /** undefined when it is no gRPC call, or ended without one. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  readonly isGrpc: boolean;
  readonly traceContext: TraceContext | undefined;
  readonly started: number;
  /** First byte of the answer's headers; `ended` where none came. */
  readonly answered: number;
  readonly ended: number;
  /**
   * The answer began before the client was done: a call that streams in both directions, which lasts as long as they
   * talk. Calls that stream the answer alone look like others here.
   */
  readonly duplex: boolean;
  /** Events sent as they happen (HTML, section 9.2). */
  readonly eventStream: boolean;
  /** ended: both sides closed; reset: RST_STREAM or GOAWAY; closed: the connection went away. */
  readonly outcome: 'ended' | 'reset' | 'closed';
}

const NOT_YET = -1;
const isInformational = (status: number | undefined): boolean =>
  status !== undefined && status >= 100 && status < 200;
const startsWith = (value: Text | undefined, prefix: string): boolean =>
  value !== undefined && value.text.startsWith(prefix);

/**
 * A request from its first header block on, and then what is known of it at its end. Fields become text when somebody
 * asks for them, which of most requests nobody does.
 */
export class Stream implements Http2Request {
  readonly streamId: number;
  readonly started: number;
  readonly identity: RequestIdentity | undefined;
  answered = NOT_YET;
  ended = NOT_YET;
  outcome: Http2Request['outcome'] = 'ended';
  clientDone = false;
  readonly #method: Text | undefined;
  readonly #path: Text | undefined;
  readonly #scheme: Text | undefined;
  readonly #authority: Text | undefined;
  readonly #requestType: Text | undefined;
  readonly #trace: readonly (Text | undefined)[] | undefined;
  #status: Text | undefined;
  #answerType: Text | undefined;
  #grpcStatus: Text | undefined;
  #grpcMessage: Text | undefined;
  #early = false;

  constructor(streamId: number, started: number, fields: Fields, identity: RequestIdentity | undefined) {
    this.streamId = streamId;
    this.started = started;
    this.identity = identity;
    this.#method = fields.get(FIELD.method);
    this.#path = fields.get(FIELD.path);
    this.#scheme = fields.get(FIELD.scheme);
    this.#authority = fields.get(FIELD.authority);
    this.#requestType = fields.get(FIELD.contentType);
    this.#trace = fields.trace;
  }

  /** A header block of the answer, or its trailers; what a later one says counts. */
  answer(fields: Fields, time: number, endStream: boolean): void {
    const status = fields.get(FIELD.status);
    // 1xx answers come before the one that counts
    if (isInformational(status?.smallNumber)) return;
    if (this.answered === NOT_YET) {
      // headers that end the answer as well refuse the request, whatever is still to come of it
      this.#early = !endStream && !this.clientDone;
      this.answered = time;
    }
    this.#status = status ?? this.#status;
    this.#answerType = fields.get(FIELD.contentType) ?? this.#answerType;
    this.#grpcStatus = fields.get(FIELD.grpcStatus) ?? this.#grpcStatus;
    this.#grpcMessage = fields.get(FIELD.grpcMessage) ?? this.#grpcMessage;
  }

  /** Nothing more is to come. */
  finish(time: number, outcome: Http2Request['outcome']): this {
    if (this.answered === NOT_YET) this.answered = time;
    this.ended = time;
    this.outcome = outcome;
    return this;
  }

  get method(): string {
    return this.#method?.text ?? '';
  }
  get path(): string {
    return this.#path?.text ?? '';
  }
  get authority(): string {
    return this.#authority?.text ?? '';
  }
  get scheme(): string {
    return this.#scheme?.text ?? '';
  }
  get status(): number {
    return this.#status?.smallNumber ?? 0;
  }
  get grpcStatus(): number | undefined {
    return this.#grpcStatus?.smallNumber;
  }
  get grpcMessage(): string {
    return this.#grpcMessage?.text ?? '';
  }
  get isGrpc(): boolean {
    return this.#grpcStatus !== undefined || startsWith(this.#requestType, 'application/grpc');
  }
  get traceContext(): TraceContext | undefined {
    const trace = this.#trace;
    return trace && contextOfHeaders((name) => trace[fieldOf(name) - FIRST_OF_TRACE]?.text);
  }
  get duplex(): boolean {
    return this.#early && this.isGrpc;
  }
  get eventStream(): boolean {
    return startsWith(this.#answerType, 'text/event-stream');
  }
}
