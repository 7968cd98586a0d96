import { metricsOf } from './define.ts';

export const NODEJS_METRICS = metricsOf('container', {
  eventLoopBlocked: {
    name: 'container_nodejs_event_loop_blocked_time_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that the event loop ran code instead of waiting for events.',
  },
});
