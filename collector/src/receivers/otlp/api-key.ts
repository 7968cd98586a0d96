import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether a request may write: the key stands in `X-API-Key`, or behind `Bearer` in `Authorization`. */
export class ApiKey {
  readonly #expected: Buffer | undefined;

  /** undefined lets everybody in. */
  constructor(key: string | undefined) {
    this.#expected = key === undefined ? undefined : digest(key);
  }

  admits(apiKey: string | undefined, authorization: string | undefined): boolean {
    if (!this.#expected) return true;
    const bearer = /^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
    return [apiKey, bearer].some(
      (given) => given !== undefined && timingSafeEqual(digest(given), this.#expected!),
    );
  }
}
