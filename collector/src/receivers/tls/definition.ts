import type { ReceiverDefinition } from '../define.ts';

/** Requests inside TLS connections, read where programs hand them to their TLS library. */
export const TLS: ReceiverDefinition = {
  name: 'tls',
  gives: 'requests and spans inside TLS connections',
  async open({ config, lending, logger, processes }) {
    const { DEFAULT_TLS_CONFIGURATION, openTlsReceiver, uprobesRefused } = await import('./open.ts');
    const programs = lending.ebpf?.requestPrograms;
    if (!programs) throw new Error('the request programs do not run');
    const refused = uprobesRefused(programs);
    if (refused !== '')
      throw new Error(`the kernel refuses uprobes, for which newer ones want CAP_SYS_ADMIN: ${refused}`);
    const { receiver, stop } = openTlsReceiver(
      { ...DEFAULT_TLS_CONFIGURATION, deny: config['tls-deny'] },
      {
        programs,
        listen: (listener) => lending.ebpf?.listen(listener),
        running: [...processes.all()].flatMap(({ pids }) => [...pids]),
        procfs: config.procfs,
        hostRoot: config['host-root'],
        onChange: ({ path, build, state, reason }) =>
          logger.log(state === 'attached' ? 'info' : 'warn', `TLS of ${path} ${state}`, { build, reason }),
        onProblem: (reason) => logger.log('error', 'looking for TLS libraries failed', { reason }),
      },
    );
    return { status: () => ({ targets: receiver.status(), skipped: receiver.skipped }), stop };
  },
};
