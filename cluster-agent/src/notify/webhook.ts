import { FailureError } from '@gumshoe/base/failure';
import type { Channel } from './define.ts';

const TIMEOUT = 30_000;

export interface WebhookOptions {
  readonly url: string;
  /** Value of the Authorization header, read from a file by the host. */
  readonly authorization?: string | undefined;
}

/** Posts the notification as JSON. The URL may hold a secret path: only its origin is ever named. */
export function webhook(options: WebhookOptions): Channel {
  const origin = new URL(options.url).origin;
  return {
    name: `webhook ${origin}`,
    async send(notification) {
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        'user-agent': 'gumshoe-cluster-agent',
      };
      if (options.authorization) headers['authorization'] = options.authorization;
      const failure = (reason: string) =>
        new FailureError({
          code: 'unreachable',
          tried: 'post a notification',
          target: origin,
          reason,
          remedy: 'It is tried again.',
        });
      const answer = await fetch(options.url, {
        method: 'POST',
        headers,
        body: JSON.stringify(notification),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      }).catch((error: unknown) => {
        const cause =
          error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        throw failure(cause);
      });
      await answer.body?.cancel();
      if (!answer.ok) throw failure(`HTTP status ${answer.status}`);
    },
  };
}
