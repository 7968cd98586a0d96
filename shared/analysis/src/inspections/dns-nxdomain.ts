import { defineInspection } from './define.ts';
import { dnsVerdict } from './dns-answers.ts';

/** Search domains make clients ask for names that never existed; only names that did exist count. */
export const dnsNxdomain = defineInspection({
  id: 'dns-nxdomain',
  title: 'DNS NXDOMAIN errors',
  area: 'DNS',
  threshold: { default: 0, unit: 'count', description: 'names said not to exist that had answers before' },
  needs: ['dns'],
  inspect: (subject, threshold) =>
    subject.dns &&
    dnsVerdict(subject, subject.dns, {
      threshold,
      bad: (status) => status === 'nxdomain',
      applies: ({ byStatus }) => byStatus.get('ok')?.some((rate) => rate > 0) ?? false,
      what: 'NXDOMAIN',
      matcher: 'status="nxdomain"',
    }),
});
