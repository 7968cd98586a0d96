import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../demo/command.ts';
import { Service } from '../demo/service.ts';

/** nginx that answers `ok` on port 80 of `namespace`, with its files in `dir`; with `pinned` on the first processor alone. */
export function startNginx(
  dir: string,
  namespace: string,
  cgroups: readonly string[],
  pinned = false,
): Service {
  const text = `daemon off; worker_processes 1; ${pinned ? 'worker_cpu_affinity 1; ' : ''}user www-data; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p;
fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
server { listen 80; location / { return 200 "ok"; } }
server { listen 81 http2; http2_max_requests 100000000; location / { return 200 "ok"; } } }\n`;
  writeFileSync(join(dir, 'nginx.conf'), text);
  command('chmod', ['755', dir]);
  const service = new Service({
    unit: 'nginx',
    program: '/usr/sbin/nginx',
    args: ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')],
    namespace,
    cgroups,
    logFile: join(dir, 'nginx.log'),
    cwd: dir,
    restart: false,
  });
  service.start();
  return service;
}
