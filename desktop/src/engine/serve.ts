import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { CallContext, WorkbenchHandlers, WorkbenchMethod } from '../contract/ipc.ts';
import type { Message, RequestMessage } from '../contract/message.ts';

/** A caller with more running calls than this is refused until some end. */
const MAX_RUNNING_CALLS = 256;

/** One caller of the handlers. Feed it messages; it answers through `send`. */
export class CallSession {
  private readonly running = new Map<number, AbortController>();
  private readonly handlers: WorkbenchHandlers;
  private readonly send: (message: Message) => void;

  constructor(handlers: WorkbenchHandlers, send: (message: Message) => void) {
    this.handlers = handlers;
    this.send = send;
  }

  receive(message: Message): void {
    if (message.type === 'cancel') this.running.get(message.id)?.abort();
    if (message.type === 'request') void this.answer(message);
  }

  /** Cancels everything that runs: the caller is gone. */
  close(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  private async answer(request: RequestMessage): Promise<void> {
    const { id, method, args } = request;
    const refusal = this.refuse(request);
    if (refusal) return this.send({ type: 'failure', id, failure: refusal });
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      const value = await this.invoke(method, args, {
        signal: controller.signal,
        progress: (step) => {
          if (!controller.signal.aborted) this.send({ type: 'progress', id, value: step });
        },
      });
      this.send({ type: 'result', id, value });
    } catch (thrown) {
      this.send({ type: 'failure', id, failure: toFailure(thrown, `answer ${method}`, 'engine process') });
    } finally {
      this.running.delete(id);
    }
  }

  private invoke(
    method: WorkbenchMethod,
    args: readonly unknown[],
    context: CallContext<WorkbenchMethod>,
  ): Promise<unknown> {
    const handler = this.handlers[method] as (
      args: readonly unknown[],
      context: CallContext<WorkbenchMethod>,
    ) => Promise<unknown>;
    return handler(args, context);
  }

  private refuse(request: RequestMessage): Failure | undefined {
    const tried = `call ${request.method}`;
    const target = 'engine process';
    if (!Object.hasOwn(this.handlers, request.method))
      return { code: 'not-supported', tried, target, reason: 'the engine has no such call' };
    if (this.running.has(request.id))
      return { code: 'invalid-input', tried, target, reason: `call ${request.id} is already running` };
    if (this.running.size >= MAX_RUNNING_CALLS)
      return { code: 'limit-exceeded', tried, target, reason: `${MAX_RUNNING_CALLS} calls are running` };
    return undefined;
  }
}
