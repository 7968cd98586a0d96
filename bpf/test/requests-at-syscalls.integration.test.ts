// The tests of requests once more, as on a kernel without tracepoints in its sockets.
import { hookSystemCalls } from './observed.ts';

hookSystemCalls();
await import('./requests.integration.test.ts');
