/** Beginnings of the names of units that every machine runs: of no interest but to whoever maintains the system. */
const HOUSEKEEPING = [
  'systemd-',
  'dbus',
  'getty',
  'serial-getty',
  'console-getty',
  'user@',
  'user-runtime-dir@',
  'snapd',
  'packagekit',
  'unattended-upgrades',
  'apt-daily',
  'multipathd',
  'qemu-guest-agent',
  'irqbalance',
  'networkd-dispatcher',
  'rpcbind',
  'rpc-statd',
  'polkit',
  'udisks2',
  'accounts-daemon',
  'ModemManager',
  'NetworkManager',
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
  if (HOUSEKEEPING.some((beginning) => matches(name, beginning))) return true;
  return (
    facts.type === 'oneshot' ||
    facts.type === 'dbus' ||
    facts.triggeredBy.some((trigger) => trigger.endsWith('.timer'))
  );
}

/** `dbus` covers dbus, dbus-broker and dbus@1, but not dbusage. */
function matches(name: string, beginning: string): boolean {
  if (!name.startsWith(beginning)) return false;
  const next = name[beginning.length];
  return /[@-]$/.test(beginning) || next === undefined || !/[A-Za-z0-9_]/.test(next);
}
