import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from './http-client.ts';

const ATTEMPTS = 4;
const FIRST_WAIT = 250;
/** Longest wait for one attempt, and for all of them, ms. */
const LONGEST_WAIT = 10_000;
const LONGEST_IN_ALL = 20_000;

const isBusy = ({ status, body }: HttpAnswer): boolean =>
  status === 429 || (status === 503 && !/"errorType"\s*:\s*"timeout"/.test(body.toString('latin1', 0, 2000)));

/** Asks again while the server says that it is busy, as late as it says, within bounds. The last answer, whatever it is. */
export async function withRetries(ask: () => Promise<HttpAnswer>, signal: AbortSignal): Promise<HttpAnswer> {
  let waited = 0;
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (!isBusy(answer) || attempt === ATTEMPTS) return answer;
    const wait = retryAfter(answer) ?? FIRST_WAIT * 2 ** (attempt - 1);
    if (wait > LONGEST_WAIT || waited + wait > LONGEST_IN_ALL) return answer;
    waited += wait;
    await sleep(wait, undefined, { signal });
  }
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as ms from now. */
export function retryAfter({ headers }: Pick<HttpAnswer, 'headers'>): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
