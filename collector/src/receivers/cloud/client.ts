import { request } from '../../builtin-http.ts';
import { Json, type MetadataClient, type RequestOptions } from './facts.ts';

const TIMEOUT = 1000;
const MAX_BODY = 256 * 1024;

/** Asks one metadata service, without proxies or redirects, each question for a second at most. */
export function metadataClient(endpoint: string): MetadataClient {
  const text = (path: string, options: RequestOptions = {}) => ask(new URL(path, endpoint), options);
  return {
    text,
    async json(path, options) {
      try {
        return new Json(JSON.parse((await text(path, options)) ?? ''));
      } catch {
        return new Json(undefined);
      }
    },
  };
}

function ask(url: URL, { method = 'GET', headers = {}, body }: RequestOptions): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const signal = AbortSignal.timeout(TIMEOUT);
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const sent = request(url, {
    method,
    headers: { ...headers, 'Content-Length': length },
    signal,
    agent: false,
  });
  sent.on('error', () => resolve(undefined));
  sent.on('response', (response) => {
    let bytes = '';
    response.setEncoding('utf8').on('error', () => resolve(undefined));
    response.on('data', (part: string) => {
      bytes += part;
      if (bytes.length <= MAX_BODY) return;
      resolve(undefined);
      sent.destroy();
    });
    response.on('end', () => resolve(response.statusCode === 200 ? bytes : undefined));
  });
  sent.end(body);
  return promise;
}
