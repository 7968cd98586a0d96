import { request } from '../../builtin-http.ts';

/** Why a runtime's socket gave no answer; one line. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}

const ANSWER_LIMIT = 16 << 20;

/**
 * GET of JSON over a unix socket; undefined for 404.
 * @throws RuntimeError when there is no answer within `timeout` ms, none that can be read, or one of failure.
 */
export function getJson(socket: string, path: string, timeout = 3000): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new RuntimeError(`GET ${path} of ${socket}: ${reason}`));
    const call = request(
      { socketPath: socket, path, headers: { host: 'localhost' }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > ANSWER_LIMIT) call.destroy(new Error(`answers with more than ${ANSWER_LIMIT} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', (error) => fail(error.message));
        response.on('end', () => {
          clearTimeout(timer);
          if (response.statusCode === 404) return resolve(undefined);
          if (response.statusCode !== 200) return fail(`answers ${response.statusCode}`);
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          } catch {
            fail('answers with something else than JSON');
          }
        });
      },
    );
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    call.on('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    call.end();
  });
}

/** Calls `onLine` for each line of an endless answer until the returned function is called; `onEnd` when it ends. */
export function followLines(
  socket: string,
  path: string,
  onLine: (line: string) => void,
  onEnd: () => void,
): () => void {
  let ended = false;
  let rest = '';
  const end = (): void => {
    if (!ended) onEnd();
    ended = true;
  };
  const call = request(
    { socketPath: socket, path, headers: { host: 'localhost' }, agent: false },
    (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = (lines.pop() ?? '').slice(0, 1 << 20);
        for (const line of lines) if (line.trim() !== '') onLine(line);
      });
      response.on('close', end);
    },
  );
  call.on('error', end);
  call.end();
  call.on('socket', (stream) => stream.unref());
  return () => {
    ended = true;
    call.destroy();
  };
}
