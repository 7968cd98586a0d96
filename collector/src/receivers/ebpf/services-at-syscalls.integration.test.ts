// The tests of services once more, as on a kernel without tracepoints in its sockets.
import { hookSystemCalls } from './testdata/observe.ts';

hookSystemCalls();
await import('./services.integration.test.ts');
