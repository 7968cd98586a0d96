import type { Logger } from '@gumshoe/base/logger';
import type { Channel, Notification } from './define.ts';

const FIRST_DELAY = 5_000;
const LONGEST_DELAY = 60_000;
const GIVE_UP_AFTER = 60 * 60_000;
const MAX_WAITING = 200;

interface Waiting {
  readonly channel: Channel;
  readonly notification: Notification;
  readonly since: number;
}

/** Delivers notifications in order per channel, tries again with growing delays for an hour, bounded. */
export class Outbox {
  private readonly channels: readonly Channel[];
  private readonly logger: Logger;
  private readonly queues = new Map<Channel, Waiting[]>();
  private readonly timers = new Map<Channel, NodeJS.Timeout>();
  private readonly firstDelay: number;
  private closed = false;
  delivered = 0;
  dropped = 0;

  constructor(channels: readonly Channel[], logger: Logger, firstDelay = FIRST_DELAY) {
    this.channels = channels;
    this.logger = logger;
    this.firstDelay = firstDelay;
  }

  get waiting(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  post(notification: Notification, now: number): void {
    for (const channel of this.channels) {
      const queue = this.queues.get(channel) ?? [];
      this.queues.set(channel, queue);
      if (queue.length >= MAX_WAITING) {
        queue.shift();
        this.dropped++;
      }
      queue.push({ channel, notification, since: now });
      if (!this.timers.has(channel)) this.schedule(channel, 0, this.firstDelay);
    }
  }

  /** An attempt under way when the outbox closes must not start another. */
  private schedule(channel: Channel, delay: number, next: number): void {
    if (this.closed) return;
    this.timers.set(
      channel,
      setTimeout(() => void this.deliver(channel, next), delay),
    );
  }

  private async deliver(channel: Channel, delay: number): Promise<void> {
    const queue = this.queues.get(channel);
    const first = queue?.[0];
    if (!queue || !first) return void this.timers.delete(channel);
    try {
      await channel.send(first.notification);
      this.delivered++;
      queue.shift();
      this.schedule(channel, 0, this.firstDelay);
    } catch (error) {
      this.logger.log('warn', 'notification not delivered', {
        channel: channel.name,
        reason: error instanceof Error ? error.message : String(error),
      });
      if (Date.now() - first.since > GIVE_UP_AFTER) {
        queue.shift();
        this.dropped++;
      }
      this.schedule(channel, delay, Math.min(LONGEST_DELAY, delay * 2));
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
