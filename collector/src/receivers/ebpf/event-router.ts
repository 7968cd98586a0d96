import { forEachRecord } from './batch.ts';
import { constants, layout } from './layout.generated.ts';
import { dnsEventAt } from './dns-event.ts';
import type { DnsEvent } from './dns-event.ts';
import { Http2Event, SHORTEST_HTTP2 } from './http2-event.ts';
import { listenEventAt, processEventAt } from './process-event.ts';
import type { ListenEvent, ProcessEvent } from './process-event.ts';
import { RequestEvent } from './request-event.ts';

/** Records of short requests end within the payload. */
const SHORTEST_REQUEST = layout.gs_request_event.fields.payload.offset + constants.GS_PAYLOAD_SHORT;

/** Who gets which records. Each is called within the batch; requests and records of HTTP/2 are valid during their call only. */
export interface EventSinks {
  readonly request: (event: RequestEvent) => void;
  readonly http2: (event: Http2Event) => void;
  readonly dns: (event: DnsEvent) => void;
  readonly process: (event: ProcessEvent) => void;
  readonly listen: (event: ListenEvent) => void;
  /** After each record, of any kind. */
  readonly taken?: () => void;
}

/** Takes batches apart. Records that nobody needs one by one (opened and closed connections) cost a look. */
export class EventRouter {
  readonly #sinks: EventSinks;
  readonly #request = new RequestEvent();
  readonly #http2 = new Http2Event();
  #malformed = 0;
  #records = 0;

  constructor(sinks: EventSinks) {
    this.#sinks = sinks;
  }

  /** Records shorter than their type asks for. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Taken so far, of any kind. */
  get records(): number {
    return this.#records;
  }

  readonly consume = (batch: DataView): void => {
    this.#records += forEachRecord(batch, this.#visit);
  };

  readonly #visit = (batch: DataView, at: number, type: number, size: number): void => {
    this.#take(batch, at, type, size);
    this.#sinks.taken?.();
  };

  #take(batch: DataView, at: number, type: number, size: number): void {
    if (type === constants.GS_EVENT_REQUEST) {
      if (size < SHORTEST_REQUEST) this.#malformed++;
      else this.#sinks.request(this.#request.moveTo(batch, at));
    } else if (type === constants.GS_EVENT_HTTP2) {
      if (size < SHORTEST_HTTP2) this.#malformed++;
      else this.#sinks.http2(this.#http2.moveTo(batch, at, size));
    } else if (type === constants.GS_EVENT_DNS) {
      if (size < layout.gs_dns_event.size) this.#malformed++;
      else this.#sinks.dns(dnsEventAt(batch, at));
    } else if (type <= constants.GS_EVENT_OOM_KILL) {
      const event = size < layout.gs_process_event.size ? undefined : processEventAt(batch, at);
      if (event) this.#sinks.process(event);
      else this.#malformed++;
    } else if (type <= constants.GS_EVENT_TCP_LISTEN_CLOSE) {
      const event = size < layout.gs_tcp_event.size ? undefined : listenEventAt(batch, at);
      if (event) this.#sinks.listen(event);
      else this.#malformed++;
    }
  }
}
