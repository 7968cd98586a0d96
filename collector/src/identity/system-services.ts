/**
 * Units that every machine runs: of no interest but to whoever maintains the system. With `-` or `@` at its end an
 * entry is a beginning, else a whole name, of a template too.
 */
const HOUSEKEEPING = [
  'systemd-',
  'dbus',
  'dbus-',
  'getty',
  'serial-getty',
  'console-getty',
  'user@',
  'user-runtime-dir@',
  'snapd',
  'packagekit',
  'unattended-upgrades',
  'apt-daily',
  'apt-daily-',
  'multipathd',
  'qemu-guest-agent',
  'irqbalance',
  'networkd-dispatcher',
  'rpcbind',
  'rpc-statd',
  'rpc-statd-',
  'polkit',
  'polkitd',
  'udisks2',
  'accounts-daemon',
  'ModemManager',
  'NetworkManager',
  'NetworkManager-',
  'wpa_supplicant',
  'avahi-daemon',
  'lvm2-',
  'dm-event',
  'chrony',
  'chronyd',
  'ntp',
  'cron',
  'crond',
  'atd',
  'acpid',
  'rsyslog',
  'auditd',
  'tuned',
  'fwupd',
  'upower',
  'bluetooth',
  'cloud-',
  'waagent',
  'walinuxagent',
  'google-guest-agent',
  'google-osconfig-agent',
  'amazon-ssm-agent',
  'kmod-',
  'ifup@',
  'plymouth',
  'thermald',
  'smartd',
  'mdmonitor',
  'iscsid',
  'open-vm-tools',
  'vmtoolsd',
  'rtkit-daemon',
] as const;

/** What a unit's files say of it; '' for what they do not. */
export interface UnitFacts {
  /** `Type=` of a service: simple, forking, oneshot, dbus, notify … */
  readonly type: string;
  /** Units that start it: `backup.timer`, `sshd.socket`. */
  readonly triggeredBy: readonly string[];
}

/** Whether a service is the machine's own housekeeping: by its name, and by what starts it. */
export function isSystemService(unit: string, facts: UnitFacts): boolean {
  const name = unit.replace(/\.service$/, '');
  if (HOUSEKEEPING.some((entry) => matches(name, entry))) return true;
  return (
    facts.type === 'oneshot' ||
    facts.type === 'dbus' ||
    facts.triggeredBy.some((trigger) => trigger.endsWith('.timer'))
  );
}

/** `snapd` covers snapd, snapd.seeded and snapd@1, but no snapd-exporter. */
function matches(name: string, entry: string): boolean {
  if (!name.startsWith(entry)) return false;
  const next = name[entry.length];
  return /[@-]$/.test(entry) || next === undefined || next === '@' || next === '.';
}
