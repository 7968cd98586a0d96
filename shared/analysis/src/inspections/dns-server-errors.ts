import { defineInspection } from './define.ts';
import { dnsVerdict } from './dns-answers.ts';

export const dnsServerErrors = defineInspection({
  id: 'dns-server-errors',
  title: 'DNS server errors',
  area: 'DNS',
  threshold: {
    default: 0,
    unit: 'count',
    description: 'questions that end in neither an answer nor NXDOMAIN',
  },
  needs: ['dns'],
  inspect: (subject, threshold) =>
    subject.dns &&
    dnsVerdict(subject, subject.dns, {
      threshold,
      bad: (status) => status !== 'ok' && status !== 'nxdomain',
      applies: () => true,
      what: 'server errors',
      matcher: 'status!~"ok|nxdomain"',
    }),
});
