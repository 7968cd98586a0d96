import { metricsOf } from './define.ts';

/** When certificates end, by whoever looks at them. Unix seconds unless it says otherwise. */
export const CERTIFICATE_METRICS = metricsOf('process', {
  probed: {
    name: 'probe_ssl_earliest_cert_expiry',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance'],
    help: 'First certificate of a chain to end, of what the blackbox exporter asks.',
  },
  certManager: {
    name: 'certmanager_certificate_expiration_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['name', 'namespace', 'exported_namespace'],
    help: 'End of a certificate that cert-manager looks after.',
  },
  certManagerRenewal: {
    name: 'certmanager_certificate_renewal_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['name', 'namespace', 'exported_namespace'],
    help: 'When cert-manager means to renew a certificate.',
  },
  x509: {
    name: 'x509_cert_not_after',
    type: 'gauge',
    unit: 'seconds',
    labels: ['filepath', 'secret_namespace', 'secret_name', 'subject_CN'],
    help: 'End of a certificate in a file or a secret.',
  },
  kubeletClient: {
    name: 'kubelet_certificate_manager_client_ttl_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance', 'node'],
    help: 'Seconds until the certificate ends by which a kubelet speaks to the API server.',
  },
  kubeletServer: {
    name: 'kubelet_certificate_manager_server_ttl_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['instance', 'node'],
    help: 'Seconds until the certificate ends that a kubelet shows.',
  },
  tlsTarget: {
    name: 'gumshoe_tls_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['address', 'subject'],
    help: 'End of the certificate that a probed database shows.',
  },
});
