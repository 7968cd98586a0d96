import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { LevelCase } from './level-case.ts';
import { APP, NODE, OUTSIDE_ADDRESS, PEER_ADDRESS, PEER, towards } from './small-world.ts';

const counter =
  (name: string, labels: Readonly<Record<string, string>> = APP) =>
  (writer: SeriesWriter, value: Course): void =>
    writer.counter(name, labels, value);

const share =
  (used: string, limit: string, labels: Readonly<Record<string, string>> = APP) =>
  (writer: SeriesWriter, value: Course): void => {
    writer.gauge(used, labels, (at) => value(at) * 1e6);
    writer.gauge(limit, labels, () => 100e6);
  };

const DISK = { ...APP, mount_point: '/data', device: 'sda', volume: '' };
const GPU = { ...NODE, gpu_uuid: 'GPU-1' };

/** The application uses a GPU, and somebody waits for its answers. */
function onGpu(writer: SeriesWriter): void {
  writer.gauge('node_gpu_info', { ...GPU, name: 'T4', driver_version: '1' }, () => 1);
  writer.gauge('container_resources_gpu_usage_percent', { ...APP, gpu_uuid: 'GPU-1' }, () => 50);
  const listen = { ...APP, listen_addr: '10.1.1.3:9000', proxy: '' };
  writer.gauge('container_net_tcp_listen_info', listen, () => 1);
  const to = { ...PEER, destination: '10.1.1.3:9000', actual_destination: '10.1.1.3:9000' };
  writer.gauge('container_net_tcp_active_connections', to, () => 1);
}

function roundTrip(writer: SeriesWriter, address: string, value: Course): void {
  writer.gauge('container_net_tcp_active_connections', towards(address), () => 2);
  writer.gauge('container_net_latency_seconds', { ...APP, destination_ip: address.split(':')[0]! }, value);
}

export const CPU_CASES: readonly LevelCase[] = [
  {
    inspection: 'cpu-node',
    says: /CPUs of node node-1 are 86\.4 % busy/,
    write: (writer, value) => {
      const metric = 'node_resources_cpu_usage_seconds_total';
      writer.counter(metric, { ...NODE, mode: 'user' }, (at) => (value(at) / 100) * 4);
      writer.counter(metric, { ...NODE, mode: 'idle' }, (at) => (1 - value(at) / 100) * 4);
    },
  },
  {
    inspection: 'cpu-container',
    says: /app uses 86\.4 % of its CPU limit/,
    write: (writer, value) => {
      writer.counter('container_resources_cpu_usage_seconds_total', APP, (at) => value(at) / 50);
      writer.gauge('container_resources_cpu_limit_cores', APP, () => 2);
    },
  },
  {
    inspection: 'cpu-throttling',
    says: /holds app back for 270 ms per second/,
    write: counter('container_resources_cpu_throttled_seconds_total'),
  },
];

export const MEMORY_CASES: readonly LevelCase[] = [
  {
    inspection: 'memory-pressure',
    says: /app wait for memory 2\.16 % of the time/,
    write: counter('container_resources_memory_pressure_waiting_seconds_total', { ...APP, kind: 'some' }),
  },
];

export const STORAGE_CASES: readonly LevelCase[] = [
  {
    inspection: 'storage-space',
    says: /\/data of app is 86\.4 % full/,
    write: share('container_resources_disk_used_bytes', 'container_resources_disk_size_bytes', DISK),
  },
  {
    inspection: 'storage-io-load',
    says: /Requests of sda on node-1, where \/data of app lies, take 5\.4 s per second/,
    write: (writer, value) => {
      writer.gauge('container_resources_disk_used_bytes', DISK, () => 1);
      const device = { ...NODE, device: 'sda' };
      writer.counter('node_resources_disk_read_time_seconds_total', device, (at) => value(at) / 5);
      writer.counter('node_resources_disk_write_time_seconds_total', device, (at) => (value(at) * 4) / 5);
    },
  },
];

export const NETWORK_CASES: readonly LevelCase[] = [
  {
    inspection: 'network-rtt',
    says: /round trip to peer takes 10\.8 ms/,
    write: (writer, value) => roundTrip(writer, PEER_ADDRESS, value),
  },
  {
    inspection: 'network-rtt-external',
    says: /round trip to 203\.0\.113\.7:443 takes 216 ms/,
    write: (writer, value) => roundTrip(writer, OUTSIDE_ADDRESS, value),
  },
  {
    inspection: 'network-conntrack',
    says: /91\.8 % of the places for tracked connections of node node-1/,
    write: share('node_net_conntrack_entries', 'node_net_conntrack_entries_limit', NODE),
  },
  {
    inspection: 'network-ports',
    says: /86\.4 % of the ports for clients of node node-1/,
    write: share('node_net_ephemeral_ports_used', 'node_net_ephemeral_ports', NODE),
  },
  {
    inspection: 'network-resets',
    says: /0\.108 open connections to peer are reset per second, usually 0\/s/,
    usual: 0,
    write: counter('container_net_tcp_resets_received_total', towards(PEER_ADDRESS)),
  },
  {
    inspection: 'network-zero-windows',
    says: /peer does not read what it is sent: it stops taking data on 0\.054 connections per second/,
    usual: 0.001,
    write: counter('container_net_tcp_zero_windows_total', towards(PEER_ADDRESS)),
  },
  {
    inspection: 'network-listen-overflows',
    says: /accept queue of app turns away 0\.108 connections per second/,
    usual: 0,
    write: counter('container_net_tcp_listen_overflows_total'),
  },
];

export const DNS_CASES: readonly LevelCase[] = [
  {
    inspection: 'dns-latency',
    says: /One DNS answer in twenty takes \d+ ms or longer/,
    above: 1.5,
    below: 0.6,
    // of exponentially distributed latencies, 95 % lie below three times the mean
    write: (writer, value) =>
      writer.histogram(
        'container_dns_requests_duration_seconds_total',
        APP,
        () => 5,
        (at) => value(at) / 3,
      ),
  },
];

export const GPU_CASES: readonly LevelCase[] = [
  {
    inspection: 'gpu-utilization',
    says: /T4 GPU-1 of node-1 is busy 98\.8 % of the time/,
    above: 1.04,
    write: (writer, value) => {
      onGpu(writer);
      writer.gauge('node_resources_gpu_utilization_percent_avg', GPU, value);
    },
  },
  {
    inspection: 'gpu-memory',
    says: /memory of T4 GPU-1 of node-1 is 99 % full/,
    above: 1.01,
    write: (writer, value) => {
      onGpu(writer);
      share(
        'node_resources_gpu_memory_used_bytes',
        'node_resources_gpu_memory_total_bytes',
        GPU,
      )(writer, value);
    },
  },
  {
    inspection: 'gpu-temperature',
    says: /T4 GPU-1 of node-1 is at 94 °C/,
    write: (writer, value) => {
      onGpu(writer);
      writer.gauge('node_resources_gpu_temperature_celsius', GPU, value);
    },
  },
];

const JVM = { ...APP, jvm: 'shop.Main' };
const DOTNET = { ...APP, application: 'shop.dll' };

export const RUNTIME_CASES: readonly LevelCase[] = [
  {
    inspection: 'jvm-safepoints',
    says: /Safepoints stop the JVM of app 5\.4 % of the time/,
    write: counter('container_jvm_safepoint_time_seconds', JVM),
  },
  {
    inspection: 'jvm-gc',
    says: /JVM of app collects garbage 21\.6 % of the time/,
    write: counter('container_jvm_gc_time_seconds', { ...JVM, gc: 'G1 Young Generation' }),
  },
  {
    inspection: 'jvm-heap',
    says: /JVM of app uses 97\.2 % of the heap/,
    write: share('container_jvm_heap_used_bytes', 'container_jvm_heap_max_size_bytes', JVM),
  },
  {
    inspection: 'dotnet-heap',
    says: /managed heap of app takes 75\.6 % of its memory limit/,
    write: (writer, value) => {
      const gen2 = { ...DOTNET, generation: 'Gen2' };
      writer.gauge('container_dotnet_memory_heap_size_bytes', gen2, (at) => value(at) * 1e6);
      writer.gauge('container_resources_memory_limit_bytes', APP, () => 100e6);
    },
  },
  {
    inspection: 'dotnet-exceptions',
    says: /app throws 1\.08 exceptions per second, usually 0\.1\/s/,
    usual: 0.1,
    write: counter('container_dotnet_exceptions_total', DOTNET),
  },
  {
    inspection: 'python-gil',
    says: /Threads of app wait for the interpreter lock for 54 ms per second/,
    write: counter('container_python_thread_lock_wait_time_seconds'),
  },
  {
    inspection: 'nodejs-event-loop',
    says: /event loop of app is busy 75\.6 % of the time/,
    write: counter('container_nodejs_event_loop_blocked_time_seconds_total'),
  },
  {
    inspection: 'go-allocations',
    says: /app allocates 108 MiB\/s, usually 9\.54 MiB\/s/,
    usual: 10e6,
    write: counter('container_go_alloc_bytes_total'),
  },
];

export const KAFKA_CASES: readonly LevelCase[] = [
  {
    inspection: 'kafka-consumer-lag',
    says: /Consumer group app is 1080 messages behind in topic orders, usually 20 /,
    usual: 20,
    write: (writer, value) => {
      const group = { consumergroup: 'app', topic: 'orders', instance: 'kafka-exporter:9308', job: 'kafka' };
      writer.gauge('kafka_consumergroup_lag', { ...group, partition: '0' }, (at) => value(at) / 4);
      writer.gauge('kafka_consumergroup_lag', { ...group, partition: '1' }, (at) => (value(at) * 3) / 4);
      // nobody knows how far it has read this one
      writer.gauge('kafka_consumergroup_lag', { ...group, partition: '2' }, () => -1);
    },
  },
];

export const LOG_CASES: readonly LevelCase[] = [
  {
    inspection: 'log-error-rate',
    says: /app logs 0\.108 errors per second, usually 0\.01\/s/,
    usual: 0.01,
    write: counter('container_log_messages_total', {
      ...APP,
      source: 'stdout',
      level: 'error',
      pattern_hash: 'p1',
      sample: 'payment failed',
    }),
  },
];
