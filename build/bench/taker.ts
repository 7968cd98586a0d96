import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@gumshoe/reader/prometheus/differential/server';
import { until } from '../demo/command.ts';

export interface Taker {
  readonly pid: number;
  readonly url: string;
  stop(): void;
}

/**
 * A store that takes everything at once and keeps nothing, in place of a real one on another machine: what is measured
 * shares the processors with it. nginx, which throws bodies away as they come: one in Node.js was in the server's way
 * (decision 25).
 */
export async function startTaker(dir: string): Promise<Taker> {
  const port = await freePort();
  const text = `daemon off; master_process off; pid ${dir}/taker.pid; error_log ${dir}/taker.log;
events { worker_connections 64; }
http { access_log off; keepalive_timeout 120s; keepalive_requests 100000000; client_max_body_size 0;
client_body_temp_path ${dir}/tb; proxy_temp_path ${dir}/tp; fastcgi_temp_path ${dir}/tf;
uwsgi_temp_path ${dir}/tu; scgi_temp_path ${dir}/ts;
server { listen 127.0.0.1:${port}; location / { return 200 ""; } } }\n`;
  const file = join(dir, 'taker.conf');
  writeFileSync(file, text);
  const child = spawn('/usr/sbin/nginx', ['-c', file, '-e', join(dir, 'taker.log')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(url)
      .then((answer) => answer.ok)
      .catch(() => false);
  await until('the store to answer', answers, 10_000);
  return { pid: child.pid!, url, stop: () => void child.kill('SIGKILL') };
}
