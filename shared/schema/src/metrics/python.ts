import { metricsOf } from './define.ts';

export const PYTHON_METRICS = metricsOf('container', {
  lockWait: {
    name: 'container_python_thread_lock_wait_time_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that threads waited for the global interpreter lock, summed over threads.',
  },
});
