import { metricsOf } from './define.ts';

/**
 * Clocks of machines as the node exporter and exporters of chrony measure them. Which machine: a label `machine_id` or
 * `node`, else the host of `instance`.
 */
export const CLOCK_METRICS = metricsOf('process', {
  uname: {
    name: 'node_uname_info',
    type: 'gauge',
    unit: 'none',
    labels: ['instance', 'nodename'],
    help: 'The machine behind the address at which its node exporter is scraped.',
  },
  timexOffset: {
    name: 'node_timex_offset_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'Offset of the clock from its reference, as the kernel knows it.',
  },
  timexSync: {
    name: 'node_timex_sync_status',
    type: 'gauge',
    unit: 'none',
    labels: ['instance'],
    help: '1 while the clock follows a reference.',
  },
  timexMaxError: {
    name: 'node_timex_maxerror_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'By how much the clock may be wrong at most; 16 and more when nothing is known.',
  },
  spanSkew: {
    name: 'gumshoe_trace_clock_skew_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['service_name', 'client_service_name'],
    help: 'By how much the clock of a service must be ahead of its client’s for their spans to fit; 0 when they do.',
  },
  ntpOffset: {
    name: 'node_ntp_offset_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'Offset of the clock from a time server.',
  },
  chronyOffset: {
    name: 'chrony_tracking_system_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'Offset of the clock from the time chrony estimates.',
  },
  chronyLastOffset: {
    name: 'chrony_tracking_last_offset_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'Offset of the clock at the last update of chrony.',
  },
});
